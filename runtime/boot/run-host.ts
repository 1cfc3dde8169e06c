// One member at work: its connections, its trust, its actors, its answers; put together here and taken down in order.
import { emptyPlan } from '../../actors/drivers/plan.ts';
import { keptData } from '../../actors/drivers/process/kept-data.ts';
import { layout } from '../../actors/drivers/process/layout.ts';
import { openProcessDriver } from '../../actors/drivers/process/process-driver.ts';
import { problemText } from '../../catalog/problems.ts';
import { wantedCopy } from '../../machines/host/copies.ts';
import { connectNats } from '../../nats/connect.ts';
import { type NatsLinks, natsLinks } from '../../nats/links.ts';
import { keepSnapshots } from '../../nats/snapshot-rounds.ts';
import { keepReplicasCurrent } from '../../nats/stuck-replicas.ts';
import { diagnose } from '../api/doctor.ts';
import { trustState } from '../api/doctor-trust.ts';
import { hostRows } from '../api/host-rows.ts';
import { startHttp } from '../api/http.ts';
import { answersOf } from '../api/questions.ts';
import { serve } from '../api/serve.ts';
import { trustAnswersOf } from '../api/trust-answers.ts';
import { CoveyError, toWire } from '../engine/errors.ts';
import { machineIds } from '../engine/versions.ts';
import type { ClusterSettings } from '../host/cluster-settings.ts';
import type { DataDir } from '../host/data-dir.ts';
import type { ReadyHost } from '../host/demo.ts';
import { type Discovery, startDiscovery } from '../host/discovery.ts';
import { finishRecovery } from '../host/finish-recovery.ts';
import { type Host, startHost } from '../host/host.ts';
import { type HostTrust, startHostTrust } from '../host/host-trust.ts';
import { keepMember } from '../host/keep-member.ts';
import type { HostLog } from '../host/log.ts';
import { ownFacts } from '../host/own-facts.ts';
import { ownMember, type Trusted } from '../host/own-trust.ts';
import { publishFacts } from '../host/publish-facts.ts';
import { realClock } from '../host/real-clock.ts';
import { forgetRecovered, readRecovered } from '../host/recovery-file.ts';
import { type KeysFor, openClusterKey, sealedVault } from '../host/sealed-vault.ts';
import type { Ending } from '../host/until-signal.ts';
import { fingerprintOf } from '../trust/ca.ts';
import { hasFoundingToPublish, publishFounding } from '../trust/founding.ts';
import { registerJoin } from '../trust/join-server.ts';
import type { ClusterKey } from '../trust/seal.ts';
import { standingIn } from '../trust/standing.ts';
import { clientIdentity } from './client-identity.ts';
import { hostCatalogs } from './host-catalogs.ts';
import { hostExports } from './host-exports.ts';
import { hostPlans } from './host-plans.ts';
import { hostTrash } from './host-trash.ts';
import { KINDS } from './kinds.ts';
import { watchOwnMembership } from './own-membership.ts';
import { type OwnServer, prepareStore, voterOpsOf } from './own-server.ts';
import { tidyMemory } from './tidy-memory.ts';
import { VERSION } from './version.ts';

export interface HostRun {
	json: boolean;
	dataDir: DataDir;
	own: OwnServer;
	log: HostLog;
	ending: Ending;
	/** From here on it can be ended in order. */
	onStarted(): void;
}

/** Told on `covey.event.members.changed`. */
const MEMBERS_CHANGED = 'members.changed';

/** For the first connections: after a power cut everything on a small machine starts at once. */
const START_LIMIT_MS = 30_000;

/** Resolves when it has ended. */
export async function runHost({ json, dataDir, own, log, ending, onStarted }: HostRun): Promise<void> {
	const { host, incarnation } = dataDir.identity;
	const { mine, role, nats } = own;
	const settings = own.settings();
	const connection = {
		servers: [nats.url],
		name: `covey ${host}`,
		identity: mine && clientIdentity(mine),
		deadlineMs: START_LIMIT_MS,
	};
	const nc = await connectNats(connection);
	const unreadable = new Map<string, string>();
	const links = await natsLinks(nc, {
		host,
		incarnation,
		machines: machineIds(KINDS),
		version: VERSION,
		connection,
		onUnreadable: ({ key, message }) => unreadable.set(key, message),
	});
	own.use(nc);
	const announce = () => links.publish({ type: 'event', event: MEMBERS_CHANGED }, { host, at: Date.now() });
	const bootedAt = realClock.now();
	let trust: HostTrust | null = null;
	let running: Host | null = null;
	const ownKeys: KeysFor = async (id) => trust?.keysFor(id) ?? mine?.identity.clusterKeys ?? [];
	const vault = sealedVault(links.documents, mine ? ownKeys : openClusterKey(links.documents, Date.now));
	const driver = await openProcessDriver({
		data: dataDir.path,
		warn: (error) => log.warn({ code: error.code }, error.message),
		secretsOf: async (instance) => new Map(Object.entries((await vault.read(instance))?.values ?? {})),
	});
	const { promise: departed, resolve: depart } = Promise.withResolvers<'alone'>();
	const onDeparted = (words: string): void => {
		log.warn({ type: 'departed' }, words);
		process.stderr.write(`${host}: ${words}\n`);
		depart('alone');
	};
	const membership = watchOwnMembership({
		host,
		folder: dataDir.path,
		own,
		documents: links.documents,
		log,
		roll: () => trust?.roll() ?? null,
		lostSince: () => (running ? running.lostSince() : bootedAt),
		endApps: () => (running ? null : driver.adoptOrphans(emptyPlan(host)).then(() => undefined)),
		onDeparted,
	});
	await Promise.race([prepareStore(own, ending.signal, log), membership.refused]);
	if (mine && hasFoundingToPublish(mine.folder))
		await publishFounding(mine.folder, links.documents, {
			cluster: settings.role.cluster,
			clusterKey: mine.identity.clusterKeys[0] as ClusterKey,
			now: Date.now(),
		});
	trust =
		mine &&
		startHostTrust({
			...mine,
			cluster: settings.role.cluster,
			version: VERSION,
			clock: realClock,
			documents: links.documents,
			role,
			apply: own.follow,
			onRenewed: (identity) => page.renew({ cert: identity.certificate, key: identity.key }),
			askVoter: links.askHost,
			announce,
			onFailure: (thrown, what) => log.warn({ error: toWire(thrown) }, what),
		});
	const refresh = () => {
		void trust?.refresh().catch(() => undefined);
		running?.lookAtVoters();
	};
	links.hear(MEMBERS_CHANGED, refresh);
	const keepingMember = keepMember(realClock, links.documents, ownMember(settings, mine, VERSION), role, {
		written: refresh,
		failure: (thrown) => log.warn({ error: toWire(thrown) }, 'the own member document was not written'),
	});
	const replicas = keepReplicasCurrent({
		server: nats,
		clock: realClock,
		now: () => performance.now(),
		onSteppedDown: (stream) => log.warn({ type: 'steppedDown', stream }, 'a replica was stuck: another server leads the stream'),
		onFailure: (thrown) => log.warn({ error: toWire(thrown) }, 'a stuck replica was not helped'),
	});
	const catalogs = hostCatalogs(dataDir, links, log);
	const { catalog } = catalogs;
	const trash = hostTrash(dataDir.path, log);
	const starting = startHost({
		dataDir,
		links,
		voters: voterOpsOf(own, announce),
		kinds: KINDS,
		driver,
		vault,
		entry: catalogs.entry,
		knownEntry: (app) => catalog.get(app),
		graph: catalogs.graph,
		address: settings.address,
		bind: settings.address,
		appPorts: settings.appPorts,
		trashData: async (instance) => (await driver.removeData(instance)) !== null,
		onDeparted,
		observe: (observation) => log.info(observation),
	});
	running = await Promise.race([starting, membership.refused]);
	const records = () => [...running.engine.index().values()].map(({ record }) => record);
	const hosts = async () => hostRows(await running.hosts.list(), records(), running.membership);
	const copies = keepSnapshots({
		nc,
		folder: dataDir.file('copy'),
		cluster: settings.role.cluster,
		wanted: async () => (role() === 'voter' ? 'voter' : wantedCopy(false, (await hosts()).length)),
		onTrouble: (error) => log.warn({ error: toWire(error) }, "the copy of the cluster's data is not fresh"),
	});
	const recovered = readRecovered(dataDir.path);
	const finishing =
		recovered &&
		finishRecovery({
			host,
			forgotten: recovered.forgotten,
			clock: realClock,
			documents: links.documents,
			engine: running.engine,
			isDead: running.membership.isDead,
			command: links.command,
			onFinished: () => forgetRecovered(dataDir.path),
			onFailure: (thrown) => log.warn({ error: toWire(thrown) }, 'a host left behind by the recovery was not forgotten'),
		});
	const http = `${mine ? 'https' : 'http'}://${settings.address}:${settings.ports.http}`;
	const measure = ownFacts({
		dataDir,
		version: VERSION,
		http,
		nats: nats.url,
		drivers: [driver.name],
		machines: machineIds(KINDS),
		voter: () => role() === 'voter',
		natsPid: () => nats.pid,
		appPorts: settings.appPorts,
		cordoned: () => running.standing().phase !== 'member',
		witness: settings.witness,
		data: () => keptData(layout(dataDir.path)),
		copyAt: copies.completeAt,
	});
	const facts = await publishFacts(realClock, running.documents, host, measure, (thrown) =>
		log.warn({ error: toWire(thrown) }, 'facts were not written'),
	);
	const knownMachines = new Set(machineIds(KINDS));
	const discovery = mine && !settings.address.startsWith('127.') ? discover(settings, mine, links, log) : null;
	const plans = hostPlans(catalog, catalogs.graph, records, running, links);
	const exporting = hostExports(dataDir.path, running.kit, links, records);
	const answers = answersOf({
		...plans,
		host,
		trust: trustAnswersOf({ trust, discovery, cluster: settings.role.cluster, now: Date.now }),
		catalog,
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
				unreadable: [...unreadable.values()],
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
			throw new CoveyError('NOT_ALLOWED_NOW', 'This cluster has no keys.');
		},
	});
	const fault = () => (nats.pid === null ? 'the nats-server is down' : (running.refusal()?.message ?? null));
	const page = await startHttp({
		bind: settings.address,
		port: settings.ports.http,
		answers,
		fault,
		lostSince: running.lostSince,
		version: VERSION,
		host,
		tls: mine && { cert: mine.identity.certificate, key: mine.identity.key },
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

	onStarted();
	const ready: ReadyHost = {
		name: host,
		pid: process.pid,
		natsPid: nats.pid,
		http,
		nats: nats.url,
		creds: null,
		ca: mine?.files.caFile ?? null,
		data: dataDir.path,
	};
	say(json, { ready: true, host: ready }, `${host} is up: ${http}  ${nats.url}\n`);
	const tidying = tidyMemory();
	const how = await Promise.race([ending.asked, departed]);
	tidying.stop();
	await page.stop();
	await discovery?.stop();
	keepingMember.stop();
	replicas.stop();
	membership.stop();
	catalogs.stop();
	trust?.stop();
	facts.stop();
	trash.stop();
	finishing?.stop();
	await running.stop({ leave: how === 'alone' });
	// A round that goes on ends with its connection.
	const copying = copies.stop();
	await links.close();
	await copying;
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

function say(json: boolean, data: object, words: string): void {
	process.stdout.write(json ? `${JSON.stringify(data)}\n` : words);
}
