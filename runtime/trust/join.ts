// What a machine that wants in and a member say to each other, over HTTPS.
import { z } from 'zod';
import { Name } from '../engine/record.ts';
import { Instant } from '../engine/units.ts';
import { Member, Roll, WholeUserKey } from './members.ts';
import { ClusterKey } from './seal.ts';
import { Invitation } from './tokens.ts';

/** `POST /api/v1/join` */
export const JoinRequest = z.strictObject({
	id: Invitation.shape.id,
	secret: Invitation.shape.secret,
	/** PKCS 10, PEM. */
	request: z.string().max(4_096),
	nkey: WholeUserKey,
	host: Name,
	version: z.string().max(32),
	address: z.string().regex(/^[A-Za-z0-9.-]{1,253}$/),
	ports: Member.shape.ports,
	witness: z.boolean(),
	/** The joiner's clock, ms. */
	now: Instant,
});
export type JoinRequest = z.infer<typeof JoinRequest>;

export const JoinAnswer = z.object({
	/** PEM. */
	certificate: z.string(),
	/** Name of the cluster. */
	cluster: Name,
	clusterKeys: z.array(ClusterKey).min(1),
	install: Member.shape.install,
	roll: Roll,
	/** Leaf ports of voters, HOST:PORT. */
	remotes: z.array(z.string()).min(1),
	/** The member that let it in. */
	by: Name,
});
export type JoinAnswer = z.infer<typeof JoinAnswer>;

/** `GET /api/v1/join/ca` */
export const CaAnswer = z.object({ ca: z.string() });

/** Certificates and timers bear this much, ms. */
export const MAX_SKEW_MS = 5_000;

/** Null when hosts of the two versions work together: the same major number, and minor numbers at most one apart. */
export function versionFault(joiner: string, member: string): string | null {
	const [one, other] = [joiner, member].map((version) => /^(\d+)\.(\d+)\.\d+/.exec(version));
	if (!one || !other) return `"${joiner}" is no version number`;
	const [major, minor] = [Number(one[1]) - Number(other[1]), Number(one[2]) - Number(other[2])];
	if (major === 0 && Math.abs(minor) <= 1) return null;
	return major < 0 || (major === 0 && minor < 0)
		? `this host runs Covey ${joiner}, too old for a cluster of ${member}`
		: `this host runs Covey ${joiner}, too new for a cluster of ${member}`;
}
