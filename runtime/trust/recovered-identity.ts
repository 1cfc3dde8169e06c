// Who a host is after it went on alone: the same keys, and nobody else on the list. Where the authority's key is lost, the host
// signs itself a certificate of a new one.
import type { DocumentBucket } from '../engine/ports.ts';
import type { Json } from '../engine/record.ts';
import { type Authority, needsRenewal, newAuthority, requestForKey, sign } from './ca.ts';
import { AUTHORITY_KEY } from './founding.ts';
import type { Identity } from './identity.ts';
import type { Roll } from './members.ts';
import { placeOf, Sealed, unseal } from './seal.ts';

/** The authority whose sealed key is in the document; null when this host cannot have it. */
export function authorityIn(document: { value: Json } | null, identity: Identity): Authority | null {
	const bucket: DocumentBucket = 'authority';
	const sealed = Sealed.safeParse(document?.value);
	if (!sealed.success) return null;
	try {
		const key = unseal(identity.clusterKeys, placeOf(bucket, AUTHORITY_KEY), sealed.data);
		return { certificate: identity.ca, key };
	} catch {
		// Sealed with a key this host was not given any more, or damaged: a new authority it is.
		return null;
	}
}

/** `authority` null: a new one, called after `cluster`. The certificate is renewed where it would soon be too old. */
export async function recoveredIdentity(
	identity: Identity,
	how: { authority: Authority | null; cluster: string; address: string; roll: Roll; now: number },
): Promise<{ identity: Identity; authority: Authority }> {
	const { cluster, address, roll, now } = how;
	const authority = how.authority ?? (await newAuthority(cluster, now));
	const isFresh = how.authority !== null && !needsRenewal(identity.certificate, now);
	const order = async () => ({
		authority,
		request: await requestForKey(identity.key),
		subject: { type: 'host', host: identity.host, address } as const,
		now,
	});
	const certificate = isFresh ? identity.certificate : await sign(await order());
	return { identity: { ...identity, ca: authority.certificate, certificate, roll }, authority };
}
