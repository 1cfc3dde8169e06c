// A secret for one member: sealed with a key agreed between a new pair and the member's own, whose pin the cluster knows. Only who
// has the member's private key opens it.
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { CoveyError } from '../engine/errors.ts';
import { pinOfKey } from './ca.ts';
import { Pin } from './members.ts';
import { type ClusterKey, Sealed, seal, unseal } from './seal.ts';

export const Share = z.object({
	/** Of the member's key. */
	pin: Pin,
	/** Public half of the pair made for this share, SPKI DER, base64. */
	ephemeral: z.string(),
	sealed: Sealed,
});
export type Share = z.infer<typeof Share>;

/** SPKI DER, base64. */
export const publicKeyOf = (privatePem: string): string => textOf(createPublicKey(privatePem));

/** `place` is bound to it. Throws NOT_TRUSTED when the public key is not the one that the pin names. */
export function shareFor(member: { pin: string; publicKey: string }, place: string, secret: string): Share {
	if (pinOfKey(member.publicKey) !== member.pin)
		throw new CoveyError('NOT_TRUSTED', 'The public key of a member is not the one that its certificate has.');
	const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const ephemeral = textOf(pair.publicKey);
	const agreed = agree(pair.privateKey, keyOf(member.publicKey), ephemeral, member.pin);
	return { pin: member.pin, ephemeral, sealed: seal(agreed, place, secret) };
}

/** Throws DATA_DIR_UNUSABLE when it was changed or is for another key. */
export function openShare(privatePem: string, place: string, { pin, ephemeral, sealed }: Share): string {
	const agreed = agree(createPrivateKey(privatePem), keyOf(ephemeral), ephemeral, pin);
	return unseal([{ ...agreed, id: sealed.keyId }], place, sealed);
}

function agree(own: KeyObject, other: KeyObject, ephemeral: string, pin: string): ClusterKey {
	const secret = diffieHellman({ privateKey: own, publicKey: other });
	const bytes = Buffer.from(hkdfSync('sha256', secret, Buffer.from(ephemeral, 'base64'), `covey share for ${pin}`, 36));
	return { id: bytes.subarray(32).toString('hex'), key: bytes.subarray(0, 32).toString('base64'), createdAt: 0 };
}

function keyOf(text: string): KeyObject {
	const key = createPublicKey({ key: Buffer.from(text, 'base64'), type: 'spki', format: 'der' });
	if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
	throw new CoveyError('BAD_REQUEST', 'This public key is not of the curve P-256.');
}

const textOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('base64');
