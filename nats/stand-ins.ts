// Reads the store of a voter whose cluster has lost its majority. A copy of it is opened beside empty servers that bear the names
// of the lost voters: together they are all, so there is a leader, and only the one with the data can be it. What had reached this
// host's log is committed by that; then each stream is saved to a file. The store itself is only read.
//
// A stream may find no leader: who has seen no election of it since it became a voter does not know for certain that it votes there, and
// the others never will. Whoever makes copies has each stream elect anew (voters-ops.ts), but may have been killed before. Such a
// stream is left out; the copy that each host keeps is as good for it.
import { constants } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from '../runtime/disk/durable.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { Voter } from './config.ts';
import { connectNats, type NatsConnection } from './connect.ts';
import { votingGroup } from './meta-group.ts';
import { endOrphansBelow } from './orphans.ts';
import { type NatsServer, startNatsServer } from './server.ts';
import type { ServerTrust } from './server-trust.ts';
import { listSnapshots, type SnapshotFile, saveSnapshots } from './snapshot-files.ts';
import { waitUntil } from './wait.ts';

export type VoterPorts = Pick<Voter, 'port' | 'monitorPort' | 'clusterPort' | 'leafPort'>;

export interface LostStore {
	/** The store of the voter; its server must not run. */
	store: string;
	/** Name and number of the voter, and of those that are lost. */
	self: Pick<Voter, 'name' | 'install'>;
	lost: readonly Pick<Voter, 'name' | 'install'>[];
	cluster: string;
	address: string;
	/** Free ports, for each server anew. */
	ports(): Promise<VoterPorts>;
	/** Nobody but this host may connect. */
	trust: ServerTrust | null;
	/** Everything here is removed first. */
	scratch: string;
	/** Where the files go. */
	folder: string;
	streams: readonly string[];
}

const LEADER_LIMIT_MS = 60_000;
const SAVE_LIMIT_MS = 20_000;

/** The files of those streams that found a leader, and the names of all that the store holds. Rejects with STORE_UNAVAILABLE, NATS_*, DISK_FULL or DATA_DIR_UNUSABLE. */
export async function saveLostStore(lost: LostStore): Promise<{ files: SnapshotFile[]; held: string[] }> {
	const { scratch, self, folder } = lost;
	await endOrphansBelow(scratch);
	await rm(scratch, { recursive: true, force: true });
	await mkdir(join(scratch, self.name), { recursive: true, mode: 0o700 });
	// A copy costs no space where the file system can share blocks.
	await cp(lost.store, join(scratch, self.name, 'store'), { recursive: true, mode: constants.COPYFILE_FICLONE });
	const held = streamsIn(lost.store);
	const servers = await startAll(lost);
	try {
		const [own] = servers as [NatsServer];
		await waitLeader(own);
		const nc = await connectNats({ ...own.own('growth'), name: 'covey recover' });
		try {
			const streams = lost.streams.filter((stream) => held.has(stream));
			await saveAll(nc, folder, streams);
			return { files: await listSnapshots(folder), held: [...held] };
		} finally {
			await nc.close();
		}
	} finally {
		await Promise.all(servers.map((server) => server.stop()));
		await rm(scratch, { recursive: true, force: true });
	}
}

async function startAll({ self, lost, cluster, address, ports, trust, scratch }: LostStore): Promise<NatsServer[]> {
	const places: { name: string; install: number; at: VoterPorts }[] = [];
	for (const { name, install } of [self, ...lost]) places.push({ name, install, at: await ports() });
	const routes = places.map(({ at }) => `${address}:${at.clusterPort}`);
	const started = await Promise.allSettled(
		places.map(({ name, install, at }) =>
			startNatsServer({
				topology: { role: 'voter', name, install, cluster, address, routes, ...at },
				folder: join(scratch, name),
				trust,
			}),
		),
	);
	const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
	const failed = started.find((one) => one.status === 'rejected');
	if (!failed) return servers;
	await Promise.all(servers.map((server) => server.stop()));
	throw failed.reason;
}

async function waitLeader(server: NatsServer): Promise<void> {
	const sys = await connectNats({ ...server.own('sys'), name: 'covey recover' });
	try {
		const leads = async () => (await votingGroup(sys, 1_000))?.leader === server.name;
		if (await waitUntil(leads, LEADER_LIMIT_MS, 100)) return;
	} finally {
		await sys.close();
	}
	throw new CoveyError('STORE_UNAVAILABLE', `${server.name} did not lead its own store in ${LEADER_LIMIT_MS / 1000} s.`);
}

/** Each as soon as it has a leader. */
async function saveAll(nc: NatsConnection, folder: string, streams: readonly string[]): Promise<void> {
	let left = streams;
	const isSaved = async (): Promise<boolean> => {
		const outcomes = await Promise.allSettled(left.map((stream) => saveSnapshots(nc, folder, [stream])));
		const failure = outcomes.find((one) => one.status === 'rejected' && !isPassing(one.reason));
		if (failure?.status === 'rejected') throw failure.reason;
		left = left.filter((_, at) => outcomes[at]?.status === 'rejected');
		return left.length === 0;
	};
	await waitUntil(isSaved, SAVE_LIMIT_MS, 200);
}

const isPassing = (error: unknown): boolean => error instanceof CoveyError && error.code === 'STORE_UNAVAILABLE';

const streamsIn = (store: string): Set<string> => new Set(namesIn(join(store, 'jetstream', 'COVEY', 'streams')));
