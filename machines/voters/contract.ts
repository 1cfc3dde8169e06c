// The voters of the cluster: the hosts that hold its data. One actor, `voters/cluster`, alone changes who they are.
import { z } from 'zod';
import { Failure } from '../../runtime/engine/failure.ts';
import { Name } from '../../runtime/engine/record.ts';
import { Instant } from '../../runtime/engine/units.ts';

const Wanted = z.union([z.literal(3), z.literal(5)]);

export const VotersInput = z.object({
	/** How many hosts shall hold the cluster's data when there are enough. */
	wanted: Wanted.default(3),
});
export type VotersInput = z.infer<typeof VotersInput>;

export const VotersCommand = z.discriminatedUnion('type', [
	/** Look now whether something is to be done. */
	z.strictObject({ type: z.literal('voters.check') }),
	/** After a failure: try again now, also with hosts that are avoided for a while. */
	z.strictObject({ type: z.literal('voters.retry') }),
	/** The host leaves or is forgotten: it stops voting, and is not chosen again. */
	z.strictObject({ type: z.literal('voters.exclude'), host: Name }),
	/** Takes `voters.exclude` back. */
	z.strictObject({ type: z.literal('voters.include'), host: Name }),
	z.strictObject({ type: z.literal('voters.want'), voters: Wanted }),
]);
export type VotersCommand = z.infer<typeof VotersCommand>;
export const VOTERS_COMMANDS = ['voters.check', 'voters.retry', 'voters.exclude', 'voters.include', 'voters.want'] as const;

/** The owner's host sees that another decision is due. */
export const VotersFact = z.object({ type: z.literal('voters.due') });
export type VotersFact = z.infer<typeof VotersFact>;

export const VOTERS_PHASES = [
	'deciding',
	'steady',
	/** Something is to be done, and cannot be done now. */
	'waiting',
	'promoting',
	'replicating',
	'demoting',
	'settling',
	'failed',
] as const;
export type VotersPhase = (typeof VOTERS_PHASES)[number];
/** Phases in which nothing is being changed. */
export const VOTERS_RESTING: readonly VotersPhase[] = ['steady', 'waiting', 'failed'];

/** `view.data` of the voters. */
export const VotersData = z.object({
	voters: z.array(Name).describe('hosts that hold the data of the cluster'),
	wanted: Wanted,
	copies: z.number().int().nullable().describe('how many copies there are of the data at least; null: not known yet'),
	away: z.array(z.object({ host: Name, since: Instant })).describe('voters that are offline'),
	excluded: z.array(Name),
	avoided: z.array(z.object({ host: Name, until: Instant })).describe('hosts that could not become a voter just now'),
	reason: z.string().nullable().describe('why this change, or why none'),
	failure: Failure.nullable(),
});
export type VotersData = z.infer<typeof VotersData>;

export const votersRef = { kind: 'voters', id: 'cluster' } as const;

/** What the effects need of the document `member-<host>` in the bucket `config`; other fields are kept as they are. */
export const MemberDocument = z.looseObject({
	host: Name,
	/** Which installation of its server: a name taken out of the group cannot come back for minutes. */
	install: z.number().int().min(1),
	address: z.string(),
	ports: z.looseObject({ cluster: z.number().int(), leaf: z.number().int() }),
	role: z.enum(['voter', 'leaf']),
	witness: z.boolean(),
	joinedAt: Instant,
	forgottenAt: Instant.nullable(),
});
export type MemberDocument = z.infer<typeof MemberDocument>;
