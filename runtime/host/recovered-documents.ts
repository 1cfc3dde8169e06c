// The documents of a cluster that goes on with one host: the others are no members any more, whatever else they say.
import { CoveyError } from '../engine/errors.ts';
import type { DocumentBucket, Documents } from '../engine/ports.ts';
import type { Json, JsonObject } from '../engine/record.ts';
import { type Authority, fingerprintOf } from '../trust/ca.ts';
import { AUTHORITY_KEY } from '../trust/founding.ts';
import { Credential, keyOfCluster, keyOfMember, type Member, Token } from '../trust/members.ts';
import { type ClusterKey, placeOf, seal } from '../trust/seal.ts';

export interface RecoveredCluster {
	cluster: string;
	self: Member;
	forgotten: readonly string[];
	/** ms */
	at: number;
	/** Null: the old one goes on. */
	authority: Authority | null;
	clusterKey: ClusterKey;
}

/** Nobody else may write meanwhile. Rejects with STORE_UNAVAILABLE. */
export async function writeRecovered(documents: Documents, recovered: RecoveredCluster): Promise<void> {
	const { self, forgotten, at, authority } = recovered;
	for (const host of forgotten) {
		await change(documents, 'config', keyOfMember(host), ({ forgottenAt }) => ({ role: 'leaf', forgottenAt: forgottenAt ?? at }));
		// What it said last: that it votes.
		await change(documents, 'hosts', host, () => ({ voter: false }));
	}
	await put(documents, 'config', keyOfMember(self.host), self as unknown as Json);
	const trusted = authority && { ca: authority.certificate, caFingerprint: fingerprintOf(authority.certificate) };
	await change(documents, 'config', keyOfCluster, () => ({ name: recovered.cluster, ...trusted }));
	if (authority) await changeAuthority(documents, recovered, authority);
}

async function changeAuthority(documents: Documents, { at, clusterKey }: RecoveredCluster, { key }: Authority): Promise<void> {
	const sealed = seal(clusterKey, placeOf('authority', AUTHORITY_KEY), key);
	await put(documents, 'authority', AUTHORITY_KEY, sealed);
	for (const { key: name, value } of await documents.list('config')) {
		const open = name.startsWith('token-')
			? Token.safeParse(value).data?.spent === null
			: name.startsWith('credential-') && Credential.safeParse(value).success;
		// They were made for the old authority.
		if (open) await change(documents, 'config', name, ({ revokedAt }) => ({ revokedAt: revokedAt ?? at }));
	}
}

/** Fields of a newer Covey are kept. A document that is not there stays away. */
async function change(
	documents: Documents,
	bucket: DocumentBucket,
	key: string,
	changed: (value: JsonObject) => JsonObject,
): Promise<void> {
	const stored = await documents.read(bucket, key);
	if (!stored) return;
	const value = stored.value as JsonObject;
	await putAt(documents, bucket, key, { ...value, ...changed(value) }, stored.revision);
}

async function put(documents: Documents, bucket: DocumentBucket, key: string, value: Json): Promise<void> {
	const stored = await documents.read(bucket, key);
	await putAt(documents, bucket, key, value, stored?.revision ?? 0);
}

async function putAt(documents: Documents, bucket: DocumentBucket, key: string, value: Json, revision: number): Promise<void> {
	if ((await documents.put(bucket, key, value, revision)).status === 'committed') return;
	throw new CoveyError('STORE_UNAVAILABLE', `${bucket}/${key} was changed by somebody else during the recovery.`);
}
