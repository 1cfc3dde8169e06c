// A voter without others. A meta group needs two servers to be founded, and a raft loop needs one connection to begin at each
// start; a companion process on this host gives both and goes again.
//
// Founding: the companion takes part in the first election and is removed by the leader. Its folder exists before the voter
// first starts and goes away when the group has one member, so a folder that is there means: killed in the middle.
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMissing, namesIn } from '../runtime/disk/durable.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import { companionConfig, serverName, type Voter } from './config.ts';
import { connectNats, request } from './connect.ts';
import { metaGroup, routedToNow } from './monitor.ts';
import { ownConnection } from './own-connection.ts';
import { type ServerProcess, spawnServer } from './process.ts';
import { writePrivate } from './secrets.ts';
import type { ServerSecrets } from './server-access.ts';
import type { ServerTrust } from './server-trust.ts';
import { waitUntil } from './wait.ts';

export interface LoneVoter {
	voter: Voter;
	binary: string;
	folder: string;
	store: string;
	secrets: ServerSecrets;
	trust: ServerTrust | null;
}

/** Before the voter starts, when no companion of an earlier life is left: decides whether the group must be founded (again). Rejects with NATS_STORE_CORRUPT. */
export async function prepareLoneVoter(lone: LoneVoter): Promise<void> {
	const place = placeOf(lone);
	const foundingBefore = await exists(place.founding);
	if (!foundingBefore && (await exists(join(lone.store, 'jetstream', 'SYS', '_js_', '_meta_')))) return;
	if (!foundingBefore && hasStreams(lone.store)) {
		// A new group would delete streams it does not know.
		throw new CoveyError('NATS_STORE_CORRUPT', `${lone.store} holds streams, but not the group that knows them.`, {
			details: { store: lone.store },
		});
	}
	// Killed while founding: nothing was ever stored, so the half-made group is cheaper to make again than to mend.
	if (foundingBefore && !hasStreams(lone.store)) {
		await rm(lone.store, { recursive: true, force: true });
		await rm(place.founding, { recursive: true, force: true });
	}
	await mkdir(place.founding, { recursive: true, mode: 0o700 });
}

/** After the voter listens: resolves when it leads, or when another server has joined it. */
export async function wakeLoneVoter(lone: LoneVoter, voterEnded: Promise<CoveyError>, limitMs = 30_000): Promise<void> {
	let ended: CoveyError | null = null;
	void voterEnded.then((reason) => {
		ended = reason;
	});
	const place = placeOf(lone);
	const founding = await exists(place.founding);
	const companion = await startCompanion(lone, founding);
	try {
		const deadline = performance.now() + limitMs;
		while (performance.now() < deadline) {
			if (ended !== null) throw ended;
			const meta = await metaGroup(lone.voter.monitorPort);
			if (meta?.leader === serverName(lone.voter) && meta.size === 1) return await settle(lone);
			if (!founding && (meta?.leader || (await hasOthers(lone)))) return;
			if (founding && meta?.leader) await removeCompanion(lone);
			await delay(50);
		}
		throw new CoveyError(
			'NATS_SERVER_FAILED',
			`nats-server ${serverName(lone.voter)} did not become leader of its cluster of one in ${limitMs / 1000} s.`,
		);
	} finally {
		await companion.stop();
		await rm(place.waking, { recursive: true, force: true });
	}
}

const OTHERS_LIMIT_MS = 10_000;
const FORSAKEN_LIMIT_MS = 10_000;

/**
 * After a voter that has others in its configuration listens: they may have been taken out of the group just before everything was
 * killed, and then the group of one that is left needs a connection to begin. Harmless where the others still count. Rejects
 * with NATS_SERVER_FAILED when its companion cannot start.
 */
export async function wakeForsaken(lone: LoneVoter, voterEnded: Promise<CoveyError>): Promise<void> {
	let ended = false;
	void voterEnded.then(() => {
		ended = true;
	});
	const isAwake = async () => ended || Boolean((await metaGroup(lone.voter.monitorPort))?.leader) || (await hasOthers(lone));
	if (await waitUntil(isAwake, OTHERS_LIMIT_MS, 250)) return;
	const companion = await startCompanion(lone, false);
	try {
		await waitUntil(isAwake, FORSAKEN_LIMIT_MS, 250);
	} finally {
		await companion.stop();
		await rm(placeOf(lone).waking, { recursive: true, force: true });
	}
}

async function settle(lone: LoneVoter): Promise<void> {
	const { founding } = placeOf(lone);
	if (!(await exists(founding))) return;
	// Renamed first: a folder half removed must not look like a founding to be taken up.
	const done = `${founding}.done`;
	await rm(done, { recursive: true, force: true });
	await rename(founding, done);
	await rm(done, { recursive: true, force: true });
}

async function startCompanion(lone: LoneVoter, founding: boolean): Promise<ServerProcess> {
	const place = placeOf(lone);
	const folder = founding ? place.founding : place.waking;
	const config = founding ? place.foundingConfig : place.wakingConfig;
	const log = join(folder, 'nats.log');
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const store = founding ? join(folder, 'store') : null;
	const name = companionName(lone.voter);
	await writePrivate(config, companionConfig(lone.voter, name, { store, log }, lone.secrets, lone.trust));
	return spawnServer(lone.binary, { config, log, output: join(folder, 'nats.out') });
}

async function removeCompanion(lone: LoneVoter): Promise<void> {
	const own = ownConnection('sys', lone.voter, lone.secrets, lone.trust);
	const nc = await connectNats({ ...own, name: 'founding', deadlineMs: 3_000 });
	try {
		await request(nc, '$JS.API.SERVER.REMOVE', JSON.stringify({ peer: companionName(lone.voter) }), { deadlineMs: 1_000 });
	} catch (error) {
		// In an election there is nobody to answer; the caller looks again and repeats.
		if (!(error instanceof CoveyError && (error.code === 'TIMEOUT' || error.code === 'NO_ANSWER'))) throw error;
	} finally {
		await nc.close();
	}
}

async function hasOthers(lone: LoneVoter): Promise<boolean> {
	const names = await routedToNow(lone.voter.monitorPort);
	return names.some((name) => name !== companionName(lone.voter) && name !== serverName(lone.voter));
}

const companionName = (voter: Voter): string => `${serverName(voter)}-companion`;

function placeOf(lone: LoneVoter) {
	const founding = join(lone.folder, 'founding');
	const waking = join(lone.folder, 'waking');
	return { founding, waking, foundingConfig: join(founding, 'nats.conf'), wakingConfig: join(waking, 'nats.conf') };
}

/** Throws where nobody can tell: what cannot be read now must not be taken for an empty store. */
const hasStreams = (store: string): boolean => namesIn(join(store, 'jetstream', 'COVEY', 'streams')).length > 0;

/** Rejects where nobody can tell. */
const exists = (path: string): Promise<boolean> =>
	stat(path).then(
		() => true,
		(error) => {
			if (isMissing(error)) return false;
			throw error;
		},
	);
