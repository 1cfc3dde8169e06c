// Secrets at rest: AES-256-GCM under a key that only members of the cluster hold. The document's key is bound to the value, so a
// sealed value cannot be put in another's place.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CoveyError } from '../engine/errors.ts';
import type { DocumentBucket } from '../engine/ports.ts';
import { Instant } from '../engine/units.ts';

export const ClusterKey = z.object({
	id: z.string().regex(/^[0-9a-f]{8}$/),
	/** 32 bytes, base64. Secret. */
	key: z.string().length(44),
	createdAt: Instant,
});
export type ClusterKey = z.infer<typeof ClusterKey>;

export const Sealed = z.object({
	schema: z.literal(1),
	/** Which cluster key. */
	keyId: ClusterKey.shape.id,
	/** Nonce, ciphertext and tag, base64. */
	sealed: z.string(),
});
export type Sealed = z.infer<typeof Sealed>;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export const newClusterKey = (now: number): ClusterKey => ({
	id: randomBytes(4).toString('hex'),
	key: randomBytes(32).toString('base64'),
	createdAt: now,
});

/** What a sealed value is bound to: `secrets/paperless`. */
export const placeOf = (bucket: DocumentBucket, key: string): string => `${bucket}/${key}`;

/** `place`: where it will be kept, from `placeOf`. */
export function seal(key: ClusterKey, place: string, secret: string): Sealed {
	const nonce = randomBytes(NONCE_BYTES);
	const cipher = createCipheriv(CIPHER, Buffer.from(key.key, 'base64'), nonce).setAAD(boundTo(key.id, place));
	const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
	return { schema: 1, keyId: key.id, sealed: Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64') };
}

/** Throws NOT_TRUSTED when this host has not the key, DATA_DIR_UNUSABLE when the value was changed. */
export function unseal(keys: readonly ClusterKey[], place: string, value: Sealed): string {
	const key = keys.find(({ id }) => id === value.keyId);
	if (!key)
		throw new CoveyError('NOT_TRUSTED', `This host has not got the cluster key ${value.keyId} that ${place} is sealed with.`);
	const bytes = Buffer.from(value.sealed, 'base64');
	try {
		const decipher = createDecipheriv(CIPHER, Buffer.from(key.key, 'base64'), bytes.subarray(0, NONCE_BYTES));
		decipher.setAAD(boundTo(key.id, place)).setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
		const text = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
		return Buffer.concat([text, decipher.final()]).toString('utf8');
	} catch (error) {
		throw new CoveyError('DATA_DIR_UNUSABLE', `${place} cannot be unsealed: it was changed, or belongs elsewhere.`, {
			cause: error,
		});
	}
}

const boundTo = (keyId: string, place: string): Buffer => Buffer.from(`covey:${keyId}:${place}`);
