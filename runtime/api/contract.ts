// Questions anybody may ask a cluster, with their payloads and answers. The NATS service, the HTTP API and the
// command line share this file; docs/subjects.md is checked against it.
import { z } from 'zod';
import { PlannedImage } from '../../actors/drivers/plan.ts';
import { HOST_PHASES, HostFacts } from '../../machines/host/contract.ts';
import { InstallInput } from '../../machines/install/contract.ts';
import { Failure } from '../engine/failure.ts';
import { Name } from '../engine/record.ts';
import { Bytes, Instant, Millis, Percent } from '../engine/units.ts';
import { CredentialWish } from '../trust/credentials.ts';
import { KeyStatus } from '../trust/rotate.ts';
import { ClusterKey } from '../trust/seal.ts';
import { CATALOG_QUESTIONS } from './catalog-contract.ts';
import { EXPORT_QUESTIONS } from './export-contract.ts';
import { InstallWish, PLAN_QUESTIONS, PlanName } from './plan-contract.ts';
import { TRASH_QUESTIONS } from './trash-contract.ts';

export const ActorName = z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'an actor is named kind/id, for instance install/node-red');

/** `covey.create.install`: the id is `name`, by default the app's name. */
export const CreateInstall = z.strictObject({
	cmdId: z.string().min(1).max(64),
	...InstallWish.shape,
	plan: PlanName.optional().describe('accepts exactly this plan; PLAN_STALE when it no longer holds'),
	by: z.string().max(64).optional(),
});
export type CreateInstall = z.infer<typeof CreateInstall>;

export const toInstallInput = (request: CreateInstall): z.infer<typeof InstallInput> =>
	InstallInput.parse({
		app: request.app,
		pinnedHost: request.host ?? null,
		ports: request.ports ?? {},
		dedicated: request.dedicated ?? [],
		fresh: request.fresh ?? false,
	});

const Nothing = z.strictObject({});

export const HostRow = HostFacts.extend({
	presence: z.enum(['online', 'stale', 'offline']),
	lastSeen: Instant.nullable().describe('ms since 1970, last heartbeat; null: none since the answering host started'),
	skewMs: Millis.nullable().describe("ms, its clock minus the answering host's"),
	apps: z.number().int(),
	role: z.enum(['votes', 'follows', 'witness']).describe('who votes holds the data of the cluster'),
	phase: z.enum(HOST_PHASES).describe('where it stands as a member'),
	words: z.string(),
});
export type HostRow = z.infer<typeof HostRow>;

export const Totals = z.object({
	hosts: z.number().int(),
	online: z.number().int(),
	cores: z.number().int(),
	cpuPercent: Percent,
	memory: z.object({ total: Bytes, available: Bytes }),
	disk: z.object({ total: Bytes, available: Bytes }),
	apps: z.number().int(),
	running: z.number().int(),
});
export type Totals = z.infer<typeof Totals>;

export const AppRow = z.object({
	instance: Name,
	app: z.string(),
	phase: z.string(),
	words: z.string(),
	host: z.string().nullable(),
	url: z.string().nullable(),
	since: Instant,
	failure: Failure.nullable(),
	can: z.record(z.string(), z.union([z.literal(true), z.string()])),
});
export type AppRow = z.infer<typeof AppRow>;

export const ActorRow = z.object({
	actor: z.string(),
	phase: z.string(),
	words: z.string(),
	since: Instant,
	owner: z.string().nullable(),
	epoch: z.number().int(),
	seq: z.number().int(),
	machine: z.string(),
	parked: z.string().nullable(),
	known: z.boolean().describe('false: a newer Covey wrote it; the answering host leaves it alone'),
	effects: z.array(z.object({ effect: z.string(), host: z.string().nullable() })),
	timers: z.array(z.object({ event: z.string(), at: Instant })),
});
export type ActorRow = z.infer<typeof ActorRow>;

export const StepRow = z.object({
	seq: z.number().int(),
	epoch: z.number().int(),
	at: Instant,
	event: z.string(),
	from: z.string(),
	to: z.string(),
	by: z.string(),
	owner: z.string().nullable(),
	/** Change of owner without a step of the machine. */
	kind: z.enum(['step', 'owner', 'parked']),
	/** "What I did": command lines, files, decisions. */
	notes: z.array(z.object({ at: Instant, kind: z.string(), text: z.string(), ms: Millis.optional() })),
	error: Failure.nullable(),
});
export type StepRow = z.infer<typeof StepRow>;

export const CheckRow = z.object({
	check: z.string(),
	status: z.enum(['good', 'warning', 'bad']),
	words: z.string(),
	next: z.string().nullable().describe('what to do, when not good'),
	code: z.string().nullable(),
});
export type CheckRow = z.infer<typeof CheckRow>;

export const AppImpact = z.object({
	instance: Name,
	app: z.string(),
	outcome: z
		.enum(['stops', 'placed', 'waits', 'none'])
		.describe('stops: until the host returns; placed: elsewhere; waits: for the host or a person; none: it is down already'),
	to: z.string().nullable().describe('where it would be placed'),
	words: z.string(),
});
export type AppImpact = z.infer<typeof AppImpact>;

export const Impact = z.object({
	host: z.string(),
	apps: z.array(AppImpact),
	unharmed: z.number().int().describe('apps on other hosts'),
	cluster: z.object({
		majority: z.boolean().describe('changes are taken while it is away'),
		voters: z.number().int(),
		needed: z.number().int().describe('so many of the voters must be up'),
		left: z.array(z.string()).describe('voters that can be heard without it'),
		mustNotDieNext: z.array(z.string()),
		words: z.array(z.string()),
	}),
});
export type Impact = z.infer<typeof Impact>;

export const LogRow = z.object({ at: Instant, unit: z.string(), stream: z.enum(['out', 'err']), line: z.string() });
export type LogRow = z.infer<typeof LogRow>;

export const JobRow = z.object({
	key: z.string(),
	effect: z.string(),
	host: z.string(),
	state: z.string(),
	attempts: z.number().int(),
	startedAt: Instant,
	endedAt: Instant.nullable(),
	error: Failure.nullable(),
	log: z.array(z.string()).describe('the last lines of its output'),
});
export type JobRow = z.infer<typeof JobRow>;

export const TokenRow = z.object({
	id: z.string(),
	createdAt: Instant,
	expiresAt: Instant,
	by: z.string(),
	witness: z.boolean().describe('for a host that only votes'),
	state: z.enum(['open', 'spent', 'expired', 'revoked']),
	host: z.string().nullable().describe('whom it let in'),
});
export type TokenRow = z.infer<typeof TokenRow>;

export const CredentialRow = z.object({
	name: Name,
	role: z.enum(['operator', 'viewer']),
	state: z.enum(['open', 'expired', 'revoked']),
	createdAt: Instant,
	by: z.string(),
	expiresAt: Instant.describe('of its latest certificate'),
	revokedAt: Instant.nullable(),
});
export type CredentialRow = z.infer<typeof CredentialRow>;

export const DiscoveredRow = z.object({
	host: Name,
	address: z.string(),
	port: z.number().int(),
	cluster: z.string(),
	version: z.string(),
	since: Instant,
	member: z.boolean().describe('true: it belongs to this cluster'),
});
export type DiscoveredRow = z.infer<typeof DiscoveredRow>;

/** `covey.q.<question>`: payload and the `data` of the answer `{ok: true, data, stale?}`. */
export const QUESTIONS = {
	hosts: {
		input: Nothing,
		output: z.object({
			hosts: z.array(HostRow),
			totals: Totals,
			answeredBy: z.string(),
			quorum: z.boolean().describe('changes are taken'),
			survives: z.array(z.string()).describe('whose death harms whom and what is kept for a disaster, in plain words'),
			needs: z.string().nullable().describe('what is missing when changes are not taken'),
		}),
	},
	impact: { input: z.strictObject({ host: Name }), output: Impact },
	apps: { input: Nothing, output: z.object({ apps: z.array(AppRow) }) },
	...CATALOG_QUESTIONS,
	...EXPORT_QUESTIONS,
	actors: { input: z.strictObject({ kind: Name.optional() }), output: z.object({ actors: z.array(ActorRow) }) },
	show: {
		input: z.strictObject({ actor: ActorName }),
		output: z.object({
			actor: ActorRow,
			data: z.record(z.string(), z.unknown()),
			can: AppRow.shape.can,
			jobs: z.array(JobRow),
			images: z.array(PlannedImage).describe('of an installed app, as they were pinned'),
		}),
	},
	timeline: {
		input: z.strictObject({ actor: ActorName, limit: z.number().int().min(1).max(1000).default(200) }),
		output: z.object({
			actor: z.string(),
			steps: z.array(StepRow),
			whole: z.boolean().describe('false: nobody who keeps earlier steps answers now'),
		}),
	},
	replay: {
		input: z.strictObject({ actor: ActorName }),
		output: z.object({ actor: z.string(), steps: z.number().int(), equal: z.boolean(), difference: z.string().nullable() }),
	},
	...PLAN_QUESTIONS,
	...TRASH_QUESTIONS,
	logs: {
		input: z.strictObject({
			instance: Name,
			lines: z.number().int().min(1).max(5000).default(200),
			sinceMs: Instant.optional(),
			search: z.string().max(200).optional(),
		}),
		output: z.object({ instance: z.string(), host: z.string(), lines: z.array(LogRow) }),
	},
	doctor: { input: Nothing, output: z.object({ checks: z.array(CheckRow) }) },
	discovered: {
		input: Nothing,
		output: z.object({ hosts: z.array(DiscoveredRow), listening: z.boolean().describe('false: no multicast on this network') }),
	},
	'token.create': {
		input: z.strictObject({
			minutes: z.number().int().min(1).max(10_080).default(60),
			witness: z.boolean().default(false),
			by: z.string().max(64).default('anonymous'),
		}),
		output: z.object({
			token: z.string().describe('shown once; the cluster keeps a hash'),
			id: z.string(),
			expiresAt: Instant,
			addresses: z.array(z.string()),
		}),
	},
	'token.list': { input: Nothing, output: z.object({ tokens: z.array(TokenRow) }) },
	'token.revoke': { input: z.strictObject({ id: z.string().max(32) }), output: z.object({ token: TokenRow }) },
	'credentials.add': {
		input: CredentialWish,
		output: z.object({
			credential: CredentialRow,
			certificate: z.string().describe('PEM'),
			ca: z.string().describe("certificate of the cluster's authority, PEM"),
			cluster: Name,
			servers: z.array(z.string()).describe('where to connect, ADDRESS:PORT'),
		}),
	},
	'credentials.list': { input: Nothing, output: z.object({ credentials: z.array(CredentialRow) }) },
	'credentials.revoke': { input: z.strictObject({ name: Name }), output: z.object({ credential: CredentialRow }) },
	'secrets.rotate': {
		input: z.strictObject({
			id: ClusterKey.shape.id.describe('eight hex digits that the asker made up: asked again, there is no second new key'),
			by: z.string().max(64).default('anonymous'),
		}),
		output: KeyStatus,
	},
	'secrets.status': { input: Nothing, output: KeyStatus },
	'certificate.renew': {
		input: z.strictObject({ name: Name, request: z.string().max(4_096).describe('PKCS 10, PEM, for the key it has') }),
		output: z.object({ expiresAt: Instant, certificate: z.string().describe('PEM'), servers: z.array(z.string()) }),
	},
} as const;

export type Question = keyof typeof QUESTIONS;

/** About who is trusted: for the hosts' own command line, never over HTTP; a script may only renew its own certificate. */
export const isAdministration = (question: Question): boolean =>
	/^(token|credentials|certificate|secrets|catalogs|export)\./.test(question);
/** Its answer changes something: never by a bare GET. */
export const isChange = (question: Question): boolean => /^(placement\.set|trash\.(restore|empty))$/.test(question);
export type QuestionInput<Q extends Question> = z.input<(typeof QUESTIONS)[Q]['input']>;
export type QuestionOutput<Q extends Question> = z.output<(typeof QUESTIONS)[Q]['output']>;

/** Live news of a running job, on `covey.progress.<kind>.<id>`; not durable. */
export const ProgressNews = z.object({
	actor: z.string(),
	key: z.string(),
	effect: z.string(),
	host: z.string(),
	attempt: z.number().int(),
	at: Instant,
	step: z.string(),
	percent: Percent.optional(),
	bytes: Bytes.optional(),
	totalBytes: Bytes.optional(),
	etaMs: Millis.optional(),
	line: z.string().optional(),
});
export type ProgressNews = z.infer<typeof ProgressNews>;
