// One member at work: its connection, its place among the members, its work, its answers. Each room ends what it began; here they
// are opened in order and closed the other way round.
import { emptyPlan } from '../../actors/drivers/plan.ts';
import { openProcessDriver } from '../../actors/drivers/process/process-driver.ts';
import { natsHeartbeats } from '../../nats/heartbeats.ts';
import { machineIds } from '../engine/versions.ts';
import type { Host } from '../host/host.ts';
import { realClock } from '../host/real-clock.ts';
import { type KeysFor, openClusterKey, sealedVault } from '../host/sealed-vault.ts';
import { departing, type HostRun, sayReady } from './host-run.ts';
import { KINDS } from './kinds.ts';
import { giveAnswers, type OwnAnswers } from './own-answers.ts';
import { openOwnLinks } from './own-links.ts';
import { type OwnPlace, takeOwnPlace } from './own-place.ts';
import { tidyMemory } from './tidy-memory.ts';
import { startWork } from './working-host.ts';

/** Resolves when it has ended. */
export async function runHost({ json, dataDir, own, log, ending, onStarted }: HostRun): Promise<void> {
	const { host, incarnation } = dataDir.identity;
	const { mine } = own;
	const bootedAt = realClock.now();
	// Each of these is asked by what began before it.
	let place: OwnPlace | null = null;
	let running: Host | null = null;
	let answers: OwnAnswers | null = null;
	const line = await openOwnLinks(dataDir, own, (nc, connection) =>
		natsHeartbeats(nc, connection, { host, incarnation, machines: machineIds(KINDS), adopting: true }),
	);
	const { documents } = line.links;
	const ownKeys: KeysFor = async (id) => place?.keysFor(id) ?? mine?.identity.clusterKeys ?? [];
	const vault = sealedVault(documents, mine ? ownKeys : openClusterKey(documents, Date.now));
	const driver = await openProcessDriver({
		data: dataDir.path,
		warn: (error) => log.warn({ code: error.code }, error.message),
		secretsOf: async (instance) => new Map(Object.entries((await vault.read(instance))?.values ?? {})),
	});
	const { departed, onDeparted } = departing(host, log);
	place = await takeOwnPlace({
		host,
		folder: dataDir.path,
		own,
		line,
		log,
		signal: ending.signal,
		lostSince: () => (running ? running.lostSince() : bootedAt),
		endApps: () => (running ? null : driver.adoptOrphans(emptyPlan(host)).then(() => undefined)),
		onRenewed: (identity) => answers?.renew(identity),
		onMembers: () => running?.lookAtVoters(),
		onDeparted,
	});
	const { trust, refused } = place;
	const work = await startWork({
		...{ dataDir, own, line, log, driver, vault, refused, onDeparted },
		onRunning: (host) => {
			running = host;
		},
	});
	answers = await giveAnswers({ dataDir, own, line, log, driver, trust, work });
	// It may have been renewed meanwhile.
	if (trust) answers.renew(trust.identity());

	onStarted();
	sayReady({ json, dataDir, own, http: work.http });
	const tidying = tidyMemory('quick');
	const how = await Promise.race([ending.asked, departed]);
	tidying.stop();
	await answers.stop();
	place.stop();
	await work.stop({ leave: how === 'alone' });
}
