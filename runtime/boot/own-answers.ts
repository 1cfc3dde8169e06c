// What this host answers: to everybody's questions over NATS, to other hosts, and over HTTP where others can find it.

import type { Driver } from '../../actors/drivers/driver.ts';
import { problemText } from '../../catalog/problems.ts';
import type { NatsLinks } from '../../nats/links.ts';
import { diagnose } from '../api/doctor.ts';
import { trustState } from '../api/doctor-trust.ts';
import { startHttp } from '../api/http.ts';
import { type Answers, answersOf } from '../api/questions.ts';
import { serve } from '../api/serve.ts';
import { trustAnswersOf } from '../api/trust-answers.ts';
import { CoveyError } from '../engine/errors.ts';
import { machineIds } from '../engine/versions.ts';
import type { ClusterSettings } from '../host/cluster-settings.ts';
import type { DataDir } from '../host/data-dir.ts';
import { type Discovery, startDiscovery } from '../host/discovery.ts';
import type { HostTrust } from '../host/host-trust.ts';
import type { HostLog } from '../host/log.ts';
import type { Trusted } from '../host/own-trust.ts';
import { fingerprintOf } from '../trust/ca.ts';
import type { Identity } from '../trust/identity.ts';
import { registerJoin } from '../trust/join-server.ts';
import { standingIn } from '../trust/standing.ts';
import { hostExports } from './host-exports.ts';
import { hostPlans } from './host-plans.ts';
import { KINDS } from './kinds.ts';
import type { OwnLinks } from './own-links.ts';
import type { OwnServer } from './own-server.ts';
import { VERSION } from './version.ts';
import type { WorkingHost } from './working-host.ts';

export interface OwnAnswersParts {
	dataDir: DataDir;
	own: OwnServer;
	line: OwnLinks;
	log: HostLog;
	driver: Driver;
	trust: HostTrust | null;
	work: WorkingHost;
}

export interface OwnAnswers {
	/** The page speaks with the new certificate from now on. */
	renew(identity: Identity): void;
	stop(): Promise<void>;
}

/** Rejects with ADDRESS_IN_USE. */
export async function giveAnswers(parts: OwnAnswersParts): Promise<OwnAnswers> {
	const { own, line, log } = parts;
	const { mine } = own;
	const settings = own.settings();
	const discovery = mine && !settings.address.startsWith('127.') ? discover(settings, mine, line.links, log) : null;
	const answers = answerOverNats(parts, discovery);
	const page = await startPage(parts, answers);
	return {
		renew: ({ certificate, key }) => page.renew({ cert: certificate, key }),
		async stop() {
			await page.stop();
			await discovery?.stop();
		},
	};
}

function answerOverNats({ dataDir, own, line, driver, trust, work }: OwnAnswersParts, discovery: Discovery | null): Answers {
	const { host } = dataDir.identity;
	const { links } = line;
	const settings = own.settings();
	const { running, catalogs, trash, records, hosts } = work;
	const knownMachines = new Set(machineIds(KINDS));
	const plans = hostPlans(catalogs.catalog, catalogs.graph, records, running, links);
	const exporting = hostExports(dataDir.path, running.kit, links, records);
	const answers = answersOf({
		...plans,
		host,
		trust: trustAnswersOf({ trust, discovery, cluster: settings.role.cluster, now: Date.now }),
		catalog: catalogs.catalog,
		catalogs: catalogs.answers(records, running.refusal),
		exports: exporting.exports,
		engine: running.engine,
		kinds: KINDS,
		hosts,
		candidates: () => running.placement.candidates(),
		read: links.store.read,
		timeline: links.timeline,
		askHost: links.askHost,
		lostSince: running.lostSince,
		refusal: running.refusal,
		doctor: async () =>
			diagnose({
				hosts: await hosts(),
				records: records(),
				knownMachines,
				unreadable: line.unreadable(),
				quorum: running.lostSince() === null,
				answeredBy: host,
				now: Date.now(),
				catalogProblems: catalogs.problems().map(problemText),
				trust: trust && trustState(trust, Date.now()),
			}),
	});
	serve({
		...plans,
		trash,
		appData: exporting.appData,
		appBind: settings.address,
		host,
		links,
		answers,
		engine: running.engine,
		entry: catalogs.entry,
		driver,
		jobs: running.jobs,
		jobError: running.jobError,
		readJobLog: running.jobLogs.read,
		hosts,
		lostSince: running.lostSince,
		refusal: running.refusal,
		answerHost: (request) => {
			if (trust) return trust.answerHost(request);
			throw new CoveyError('NO_KEYS', 'This cluster has no keys.');
		},
	});
	return answers;
}

function startPage({ dataDir, own, line: { links }, trust, work: { running } }: OwnAnswersParts, answers: Answers) {
	const settings = own.settings();
	return startHttp({
		bind: settings.address,
		port: settings.ports.http,
		answers,
		fault: () => (own.nats.pid === null ? 'the nats-server is down' : (running.refusal()?.message ?? null)),
		lostSince: running.lostSince,
		version: VERSION,
		host: dataDir.identity.host,
		tls: trust && { cert: trust.identity().certificate, key: trust.identity().key },
		extend: (app) =>
			trust
				? registerJoin(app, {
						ca: trust.identity().ca,
						admit: trust.admit,
						standing: (about) => standingIn(links.documents, about),
						now: () => performance.now(),
					})
				: undefined,
	});
}

function discover(settings: ClusterSettings, { identity }: Trusted, links: NatsLinks, log: HostLog): Discovery {
	const ca = fingerprintOf(identity.ca).slice(0, 16);
	const { host, address, ports, role } = settings;
	return startDiscovery({
		address,
		announce: { host, cluster: role.cluster, ca, version: VERSION, port: ports.http },
		onFound: (found) => links.publish({ type: 'event', event: 'host.discovered' }, found),
		onTrouble: (message) => log.warn({ message }, 'other hosts cannot be heard on this network'),
	});
}
