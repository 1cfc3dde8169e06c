// The cluster's data as far as this host has it: of its own store where it voted, else of the copy it kept.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bestCopy, lastWritten } from '../../nats/best-copy.ts';
import { ACTORS, streamsToCopy, TIMELINE } from '../../nats/buckets.ts';
import { listSnapshots, type SnapshotFile } from '../../nats/snapshot-files.ts';
import { completeCopy } from '../../nats/snapshot-rounds.ts';
import { saveLostStore } from '../../nats/stand-ins.ts';
import { CoveyError, toCoveyError } from '../engine/errors.ts';
import type { ClusterSettings } from '../host/cluster-settings.ts';
import type { RecoverySource } from '../host/recovery-plan.ts';
import type { Identity } from '../trust/identity.ts';
import { privateServers } from './private-servers.ts';

export interface Gathered {
	/** In the order in which they are to be restored. */
	files: string[];
	source: RecoverySource;
}

export interface GatherParts {
	dataDir: string;
	settings: ClusterSettings;
	identity: Identity;
	/** Where the recovery makes ready what it needs. */
	ready: string;
	/** ms */
	now: number;
}

type OwnStore =
	| { status: 'saved'; files: SnapshotFile[]; held: string[] }
	| { status: 'none' }
	| { status: 'unusable'; why: string };

/** Rejects with NO_COPY. */
export async function gatherCopy(parts: GatherParts): Promise<Gathered> {
	const { dataDir, settings } = parts;
	const folder = join(dataDir, 'copy');
	const complete = await completeCopy(folder);
	const copy = complete?.cluster === settings.role.cluster ? await listSnapshots(folder) : [];
	const own = await ownStore(parts);
	const { files: saved, held } = own.status === 'saved' ? own : { files: [], held: [] };
	const best = bestCopy(saved, copy, held);
	if (best.status === 'found') {
		const { files } = best;
		const copied = best.copied.map(({ stream }) => stream).filter((stream) => stream !== TIMELINE);
		if (best.own.some(({ stream }) => stream === ACTORS))
			return {
				files,
				source: { type: 'store', asOf: lastWritten(best.own), copyAsOf: complete?.at ?? null, copied: copied.map(nameOf) },
			};
		if (complete) return { files, source: { type: 'copy', asOf: complete.at, why: own.status === 'none' ? null : whyNot(own) } };
	}
	const missing = best.status === 'incomplete' && best.missing.length > 0 ? ` Missing: ${namesOf(best.missing)}.` : '';
	const why = own.status === 'unusable' ? ` Its own store cannot be used: ${own.why}` : missing;
	throw new CoveyError('NO_COPY', `${settings.host} has no whole copy of the cluster's data.${why}`);
}

const nameOf = (stream: string): string => stream.replace(/^KV_covey_/, '');
const namesOf = (streams: readonly string[]): string => streams.map(nameOf).join(', ');

async function ownStore({ dataDir, settings, identity, ready, now }: GatherParts): Promise<OwnStore> {
	if (settings.role.type !== 'voter') return { status: 'none' };
	const { host, install, role, address } = settings;
	const lost = identity.roll.members.filter((member) => member.host !== host && member.role === 'voter');
	if (lost.length === 0) return { status: 'unusable', why: 'no other voter is known.' };
	const store = join(dataDir, 'nats', 'store');
	if (!existsSync(store)) return { status: 'unusable', why: 'it is not there any more.' };
	try {
		const { trust, ports } = await privateServers(identity, { folder: join(ready, 'keys'), address, now });
		const { files, held } = await saveLostStore({
			store,
			self: { name: host, install },
			lost: lost.map((member) => ({ name: member.host, install: member.install })),
			cluster: role.cluster,
			address,
			ports,
			trust,
			scratch: join(ready, 'stand-ins'),
			folder: join(ready, 'files'),
			streams: streamsToCopy({ authority: true, timeline: true }),
		});
		return { status: 'saved', files, held };
	} catch (thrown) {
		const error = toCoveyError(thrown);
		// Without room for it the copy could not be used either.
		if (error.code === 'DISK_FULL') throw error;
		return { status: 'unusable', why: error.message };
	}
}

const whyNot = (own: OwnStore): string => (own.status === 'unusable' ? own.why : 'it holds less than the copy.');
