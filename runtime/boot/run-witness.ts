// One witness: its connection, its place among the members, and what the voters may ask of it. A host for a small device: nothing
// else is loaded, and its heartbeat has no thread of its own.
import { nearHeartbeats } from '../../nats/near-heartbeats.ts';
import { answerOfWitness } from '../api/witness-answers.ts';
import { startWitnessPage, type WitnessPage } from '../api/witness-page.ts';
import { CoveyError, toWire } from '../engine/errors.ts';
import { ownFacts } from '../host/own-facts.ts';
import { publishFacts } from '../host/publish-facts.ts';
import { realClock } from '../host/real-clock.ts';
import { startWitness, type Witness } from '../host/witness.ts';
import { standingIn } from '../trust/standing.ts';
import { departing, type HostRun, sayReady } from './host-run.ts';
import { openOwnLinks } from './own-links.ts';
import { takeOwnPlace } from './own-place.ts';
import { voterOpsOf } from './own-server.ts';
import { tidyMemory } from './tidy-memory.ts';
import { VERSION } from './version.ts';

/** Resolves when it has ended. */
export async function runWitness({ json, dataDir, own, log, ending, onStarted }: HostRun): Promise<void> {
	const { host, incarnation } = dataDir.identity;
	const bootedAt = realClock.now();
	let running: Witness | null = null;
	let page: WitnessPage | null = null;
	const line = await openOwnLinks(dataDir, own, async (nc) =>
		nearHeartbeats(nc, { host, incarnation, machines: [], adopting: false }),
	);
	const { links } = line;
	const { departed, onDeparted } = departing(host, log);
	const place = await takeOwnPlace({
		host,
		folder: dataDir.path,
		own,
		line,
		log,
		signal: ending.signal,
		lostSince: () => (running ? running.lostSince() : bootedAt),
		endApps: () => (running ? null : Promise.resolve()),
		onRenewed: () => page?.renew(),
		onMembers: () => undefined,
		onDeparted,
	});
	const { trust } = place;
	const starting = startWitness({
		dataDir,
		links,
		voters: voterOpsOf(own, line.announce),
		onDeparted,
		observe: (observation) => log.info(observation),
	});
	const witness = await Promise.race([starting, place.refused]);
	running = witness;
	const settings = own.settings();
	const http = `${own.mine ? 'https' : 'http'}://${settings.address}:${settings.ports.http}`;
	const measure = ownFacts({
		dataDir,
		version: VERSION,
		http,
		nats: own.nats.url,
		drivers: [],
		machines: [],
		voter: () => own.role() === 'voter',
		natsPid: () => own.nats.pid,
		appPorts: settings.appPorts,
		cordoned: () => witness.standing().phase !== 'member',
		witness: true,
		data: () => [],
		copyAt: () => null,
	});
	const facts = await publishFacts(realClock, witness.documents, host, measure, (thrown) =>
		log.warn({ error: toWire(thrown) }, 'facts were not written'),
	);
	links.serveAsk((payload) =>
		answerOfWitness(
			{
				host,
				jobs: witness.jobs,
				jobError: witness.jobError,
				readJobLog: witness.jobLogs.read,
				answerHost: (request) => {
					if (trust) return trust.answerHost(request);
					throw new CoveyError('NOT_ALLOWED_NOW', 'This cluster has no keys.');
				},
			},
			payload,
		),
	);
	page = await startWitnessPage({
		bind: settings.address,
		port: settings.ports.http,
		host,
		version: VERSION,
		tls: () => trust && { cert: trust.identity().certificate, key: trust.identity().key },
		fault: () => {
			if (own.nats.pid === null) return 'the nats-server is down';
			return witness.lostSince() === null ? null : 'Nothing can be changed now: no majority of the voting hosts answers.';
		},
		standing: (about) => standingIn(links.documents, about),
	});

	onStarted();
	sayReady({ json, dataDir, own, http });
	const tidying = tidyMemory('thorough');
	await Promise.race([ending.asked, departed]);
	tidying.stop();
	await page.stop();
	place.stop();
	facts.stop();
	await witness.stop();
	await line.stop();
}
