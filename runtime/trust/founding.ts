// A new cluster's trust: its authority, its first key, and its first member. Kept on this host's disk until the store has it.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';
import type { DocumentBucket, Documents } from '../engine/ports.ts';
import { type Authority, fingerprintOf, newAuthority, newKeyAndRequest, sign } from './ca.ts';
import { type Identity, newSeed } from './identity.ts';
import { type Cluster, keyOfCluster, NOBODY } from './members.ts';
import { type ClusterKey, newClusterKey, placeOf, seal } from './seal.ts';

export interface Founded {
	authority: Authority;
	clusterKey: ClusterKey;
}

/** `cluster`: the cluster's name. */
export const foundTrust = async (cluster: string, now: number): Promise<Founded> => ({
	authority: await newAuthority(cluster, now),
	clusterKey: newClusterKey(now),
});

/** A host's first identity, signed by the authority at hand; `roll` is empty until others are known. */
export async function foundingIdentity(
	{ authority, clusterKey }: Founded,
	{ host, address, now }: { host: string; address: string; now: number },
): Promise<Identity> {
	const { key, request } = await newKeyAndRequest();
	return {
		schema: 1,
		host,
		ca: authority.certificate,
		certificate: await sign({ authority, request, subject: { type: 'host', host, address }, now }),
		key,
		seed: newSeed(),
		clusterKeys: [clusterKey],
		roll: NOBODY,
	};
}

const Kept = z.object({ certificate: z.string(), key: z.string() });
const fileIn = (folder: string): string => join(folder, 'authority.json');

/** Until `publishFounding`: the one copy of the authority's key. */
export const keepAuthority = (folder: string, authority: Authority): void =>
	writeDurably(fileIn(folder), `${JSON.stringify(authority)}\n`);

/** The authority's key, sealed, in the bucket that only voters read. */
export const AUTHORITY_KEY = 'ca-key';

/** Brings into the store what the founding left on disk, then forgets it here. Harmless to repeat. Rejects with STORE_UNAVAILABLE. */
export async function publishFounding(
	folder: string,
	documents: Documents,
	{ cluster, clusterKey, now }: { cluster: string; clusterKey: ClusterKey; now: number },
): Promise<void> {
	const authority = keptAuthority(folder);
	const document: Cluster = {
		schema: 1,
		name: cluster,
		createdAt: now,
		ca: authority?.certificate ?? null,
		caFingerprint: authority ? fingerprintOf(authority.certificate) : null,
	};
	if (authority) {
		const sealed = seal(clusterKey, placeOf('authority', AUTHORITY_KEY), authority.key);
		await createOnce(documents, 'authority', AUTHORITY_KEY, sealed);
	}
	await createOnce(documents, 'config', keyOfCluster, document);
	if (authority) rmSync(fileIn(folder), { force: true });
}

export const hasFoundingToPublish = (folder: string): boolean => existsSync(fileIn(folder));

function keptAuthority(folder: string): Authority | null {
	if (!existsSync(fileIn(folder))) return null;
	try {
		return Kept.parse(JSON.parse(readFileSync(fileIn(folder), 'utf8')));
	} catch (error) {
		throw new CoveyError('DATA_DIR_UNUSABLE', `${fileIn(folder)} is damaged; the cluster was never complete, begin anew.`, {
			cause: error,
		});
	}
}

async function createOnce(documents: Documents, bucket: DocumentBucket, key: string, value: object): Promise<void> {
	if ((await documents.read(bucket, key)) === null) await documents.put(bucket, key, value as never, 0);
}
