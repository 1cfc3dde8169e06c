// A new cluster of one, made from the files of streams of another one.
import { rm } from 'node:fs/promises';
import { ensureBuckets } from './buckets.ts';
import type { Voter } from './config.ts';
import { connectNats, type NatsConnection } from './connect.ts';
import type { ClientIdentity } from './connection-options.ts';
import { endOrphansBelow } from './orphans.ts';
import { startNatsServer } from './server.ts';
import type { ServerTrust } from './server-trust.ts';
import { restoreSnapshot } from './snapshot-files.ts';

export interface RestoredStore {
	/** The server's folder; everything in it is removed first. Its `store` is what remains. */
	folder: string;
	/** Without others. */
	voter: Omit<Voter, 'maxStoreBytes'>;
	trust: ServerTrust;
	/** Of this host. */
	identity: ClientIdentity;
	/** Snapshot files. */
	files: readonly string[];
}

/** Resolves with what `use` makes of it, when the server has ended again. Rejects with NATS_*, STORE_UNAVAILABLE or DATA_DIR_UNUSABLE. */
export async function withRestoredStore<T>(restored: RestoredStore, use: (nc: NatsConnection) => Promise<T>): Promise<T> {
	const { folder, voter, trust, identity, files } = restored;
	await endOrphansBelow(folder);
	await rm(folder, { recursive: true, force: true });
	const server = await startNatsServer({ topology: voter, folder, trust });
	try {
		await closing(connectNats({ ...server.own('growth'), name: 'covey recover' }), async (growth) => {
			for (const file of files) await restoreSnapshot(growth, file, 1);
			// What no file was for begins empty.
			await ensureBuckets(growth, 1);
		});
		return await closing(connectNats({ servers: [server.url], only: true, name: 'covey recover', identity }), use);
	} finally {
		await server.stop();
	}
}

async function closing<T>(opening: Promise<NatsConnection>, use: (nc: NatsConnection) => Promise<T>): Promise<T> {
	const nc = await opening;
	try {
		return await use(nc);
	} finally {
		await nc.close();
	}
}
