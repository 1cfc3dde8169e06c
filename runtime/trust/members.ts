// Who belongs to the cluster: the documents of the bucket `config` that say whose certificates and keys are let in.
import { fromPublic } from '@nats-io/nkeys';
import { z } from 'zod';
import { Name } from '../engine/record.ts';
import { Instant } from '../engine/units.ts';

const Port = z.number().int().min(1).max(65_535);
/** SHA-256 of the public key in SPKI DER, hex: what nats-server calls a pinned certificate. */
export const Pin = z.string().regex(/^[0-9a-f]{64}$/);
/** Public nkey of a user: `U` and base32. */
export const UserKey = z.string().regex(/^U[A-Z2-7]{55}$/);

/** True when its checksum is right: a server that is told of another one does not start. */
export function isWholeUserKey(nkey: string): boolean {
	try {
		fromPublic(nkey);
		return true;
	} catch {
		return false;
	}
}

/** From outside. */
export const WholeUserKey = UserKey.refine(isWholeUserKey, 'this is no whole NATS key of a user');

/** Document `cluster`. */
export const Cluster = z.object({
	schema: z.literal(1),
	name: Name,
	createdAt: Instant,
	/** CA certificate, PEM; null in a cluster without TLS on loopback. */
	ca: z.string().nullable(),
	caFingerprint: z.string().nullable(),
});
export type Cluster = z.infer<typeof Cluster>;

export const keyOfCluster = 'cluster';

/** Document `member-<host>`. */
export const Member = z.object({
	schema: z.literal(1),
	host: Name,
	/** Which installation of its nats-server: a name removed from the cluster cannot come back for minutes. */
	install: z.number().int().min(1),
	address: z.string(),
	ports: z.object({ nats: Port, cluster: Port, leaf: Port, http: Port }),
	/** Null in a cluster without TLS on loopback. */
	pin: Pin.nullable(),
	nkey: UserKey.nullable(),
	/** `voter`: holds the cluster's data. Changed by the actor `voters/cluster` only. */
	role: z.enum(['voter', 'leaf']),
	/** Votes, and runs no apps. */
	witness: z.boolean(),
	version: z.string(),
	joinedAt: Instant,
	/** No longer a member since then; its keys are refused. */
	forgottenAt: Instant.nullable(),
});
export type Member = z.infer<typeof Member>;

export const keyOfMember = (host: string): string => `member-${host}`;

/** Document `token-<id>`. */
export const Token = z.object({
	schema: z.literal(1),
	id: z.string().regex(/^[a-z0-9]{8,32}$/),
	/** SHA-256 of the secret, hex. */
	secretHash: z.string().regex(/^[0-9a-f]{64}$/),
	createdAt: Instant,
	expiresAt: Instant,
	by: z.string(),
	witness: z.boolean(),
	spent: z.object({ host: Name, pin: Pin, at: Instant }).nullable(),
	revokedAt: Instant.nullable(),
});
export type Token = z.infer<typeof Token>;

export const keyOfToken = (id: string): string => `token-${id}`;

/** Document `credential-<name>`: a script or a person outside the hosts. */
export const Credential = z.object({
	schema: z.literal(1),
	name: Name,
	role: z.enum(['operator', 'viewer']),
	nkey: UserKey,
	pin: Pin,
	createdAt: Instant,
	/** Of its latest certificate: nothing new is opened with it from then on. */
	expiresAt: Instant,
	by: z.string(),
	/** Its keys are refused from then on. */
	revokedAt: Instant.nullable(),
});
export type Credential = z.infer<typeof Credential>;

export const keyOfCredential = (name: string): string => `credential-${name}`;

/** Everybody who is let in, as far as read. */
export const Roll = z.object({ members: z.array(Member), credentials: z.array(Credential) });
export type Roll = z.infer<typeof Roll>;

/**
 * From all documents of the bucket `config`, and who was known before. Only a document that says so takes anybody out: one that is
 * missing was not written yet, and one of a newer Covey cannot be read.
 */
export function rollOf(documents: readonly { key: string; value: unknown }[], known: Roll = NOBODY): Roll {
	const read = <Shape extends z.ZodType>(prefix: string, shape: Shape): z.output<Shape>[] =>
		documents
			.filter(({ key }) => key.startsWith(prefix))
			.flatMap(({ value }) => {
				const parsed = shape.safeParse(value);
				return parsed.success ? [parsed.data] : [];
			});
	const members = new Map([...known.members, ...read('member-', Member)].map((member) => [member.host, member]));
	const credentials = new Map([...known.credentials, ...read('credential-', Credential)].map((one) => [one.name, one]));
	return {
		members: [...members.values()].filter(({ forgottenAt }) => forgottenAt === null).sort(by(({ host }) => host)),
		credentials: [...credentials.values()].filter(({ revokedAt }) => revokedAt === null).sort(by(({ name }) => name)),
	};
}

export const NOBODY: Roll = { members: [], credentials: [] };

const by =
	<T>(name: (value: T) => string) =>
	(one: T, other: T): number =>
		name(one) < name(other) ? -1 : 1;
