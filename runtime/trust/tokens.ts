// Join tokens: text that a person carries to the new machine. It holds where to ask, whom to believe, and a secret for one use.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { CoveyError } from '../engine/errors.ts';
import type { Pin, Token } from './members.ts';

/** What the text says. */
export const Invitation = z.object({
	/** HTTPS addresses of members, HOST:PORT. */
	addresses: z
		.array(z.string().regex(/^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}$/))
		.min(1)
		.max(10),
	/** SHA-256 of the authority's certificate, hex. */
	fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
	id: z.string().regex(/^[a-z0-9]{8,32}$/),
	/** 16 bytes, base64url. */
	secret: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
	/** ms. */
	expiresAt: z.number().int(),
});
export type Invitation = z.infer<typeof Invitation>;

export interface NewToken {
	/** For the store; without the secret. */
	token: Token;
	/** For the person. */
	text: string;
}

const PREFIX = 'covey1.';

export function newToken(options: {
	addresses: string[];
	fingerprint: string;
	now: number;
	/** ms */
	lifetime: number;
	witness: boolean;
	by: string;
}): NewToken {
	const { addresses, fingerprint, now, lifetime, witness, by } = options;
	const id = randomBytes(5).toString('hex');
	const secret = randomBytes(16).toString('base64url');
	const expiresAt = now + lifetime;
	return {
		token: { schema: 1, id, secretHash: hashOf(secret), createdAt: now, expiresAt, by, witness, spent: null, revokedAt: null },
		text: formatToken({ addresses, fingerprint, id, secret, expiresAt }),
	};
}

/** People paste it, some type it: as short as it can be. */
export function formatToken(invitation: Invitation): string {
	const { addresses, fingerprint, id, secret, expiresAt } = Invitation.parse(invitation);
	const parts = [
		addresses.join(','),
		Buffer.from(fingerprint, 'hex').toString('base64url'),
		id,
		secret,
		Math.ceil(expiresAt / 1000),
	];
	return PREFIX + Buffer.from(parts.join(' ')).toString('base64url');
}

/** Throws TOKEN_WRONG with what is wrong about the text, or TOKEN_EXPIRED. */
export function parseToken(text: string, now: number): Invitation {
	const wrong = (why: string) => new CoveyError('TOKEN_WRONG', `This is not a whole join token: ${why}.`);
	const trimmed = text.trim();
	if (!trimmed.startsWith('covey')) throw wrong('it does not begin with "covey1"');
	if (!trimmed.startsWith(PREFIX)) throw wrong('it is of another version of Covey');
	const parsed = Invitation.safeParse(partsOf(trimmed.slice(PREFIX.length)));
	if (!parsed.success) throw wrong('a part of it is missing or changed');
	if (parsed.data.expiresAt <= now)
		throw new CoveyError('TOKEN_EXPIRED', `The token expired on ${new Date(parsed.data.expiresAt).toISOString()}.`);
	return parsed.data;
}

export type TokenVerdict = 'good' | 'wrong' | 'expired' | 'revoked' | 'spent';

/** May the holder of the key `pin`, calling itself `host`, come in? One that came in with it before may ask again: an answer can be lost. */
export function judgeToken(
	token: Token | null,
	claim: { secret: string; pin: z.infer<typeof Pin>; host: string },
	now: number,
): TokenVerdict {
	if (token === null || !matches(token, claim.secret)) return 'wrong';
	if (token.spent) return token.spent.pin === claim.pin && token.spent.host === claim.host ? 'good' : 'spent';
	if (token.revokedAt !== null) return 'revoked';
	return token.expiresAt <= now ? 'expired' : 'good';
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const matches = (token: Token, secret: string): boolean =>
	timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(token.secretHash, 'hex'));

function partsOf(encoded: string): { [field in keyof Invitation]: unknown } {
	const [addresses = '', fingerprint = '', id, secret, seconds] = Buffer.from(encoded, 'base64url').toString('utf8').split(' ');
	return {
		addresses: addresses.split(','),
		fingerprint: Buffer.from(fingerprint, 'base64url').toString('hex'),
		id,
		secret,
		expiresAt: Number(seconds) * 1000,
	};
}
