// Answers to the questions of contract.ts, from what this host knows. Unknown names get the nearest ones.
import { z } from 'zod';
import { HostPlan, type PlannedImage } from '../../actors/drivers/plan.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { Catalog } from '../../catalog/load.ts';
import { nearest } from '../../catalog/nearest.ts';
import { copyWords } from '../../machines/host/copies.ts';
import { survivesWords } from '../../machines/host/survives.ts';
import { InstallData } from '../../machines/install/contract.ts';
import type { Candidate, Weights } from '../../machines/placement/score.ts';
import type { Engine } from '../engine/engine.ts';
import { CoveyError, type WireError } from '../engine/errors.ts';
import type { Kind } from '../engine/kind.ts';
import type { Documents } from '../engine/ports.ts';
import { type ActorRecord, type ActorRef, parseRef, refText, type Stored } from '../engine/record.ts';
import { replay } from '../engine/replay.ts';
import { machineIds } from '../engine/versions.ts';
import { DataRequest } from '../host/app-data.ts';
import type { Links } from '../host/links.ts';
import { totalsOf } from '../host/totals.ts';
import type { Answers } from './answers.ts';
import {
	type AppRow,
	type CheckRow,
	type HostRow,
	JobRow,
	LogRow,
	QUESTIONS,
	type Question,
	type QuestionOutput,
} from './contract.ts';
import { answerImpact } from './impact.ts';
import { placingOf } from './placing.ts';
import type { Planning } from './planning.ts';
import { portRows } from './port-rows.ts';
import { actorRow, stepRows } from './steps.ts';
import { trashAnswersOf } from './trash.ts';
import { TrashRequest } from './trash-contract.ts';
import { updateRows } from './updates.ts';
import { VOTER_REQUESTS } from './voter-requests.ts';

export type { Answers } from './answers.ts';

export type TrustQuestion =
	| 'discovered'
	| 'certificate.renew'
	| Extract<Question, `${'token' | 'credentials' | 'secrets'}.${string}`>;
export type ExportQuestion = Extract<Question, `export.${string}`>;
export type CatalogQuestion = Extract<Question, 'catalog' | `catalog.${string}` | `catalogs.${string}`>;

export interface QuestionParts {
	host: string;
	catalog: Catalog;
	engine: Pick<Engine, 'index'>;
	kinds: readonly Kind[];
	hosts(): Promise<HostRow[]>;
	candidates(): Promise<Candidate[]>;
	weights(): Promise<Weights>;
	documents: Documents;
	planning: Planning;
	read(ref: ActorRef): Promise<Stored | null>;
	timeline: Links['timeline'];
	askHost(host: string, payload: HostRequest): Promise<unknown>;
	/** Since when the store has taken no changes, ms; null while it does. */
	lostSince(): number | null;
	/** Why nothing can be changed now, or null. */
	refusal(): WireError | null;
	doctor(): Promise<CheckRow[]>;
	trust: Pick<Answers, TrustQuestion>;
	catalogs: Pick<Answers, CatalogQuestion>;
	exports: Pick<Answers, ExportQuestion>;
}

/** What one host asks another: `covey.host.<host>.ask`. */
export const HostRequest = z.discriminatedUnion('type', [
	z.object({
		type: z.literal('logs'),
		instance: z.string(),
		lines: z.number().int(),
		sinceMs: z.number().optional(),
		search: z.string().optional(),
	}),
	z.object({ type: z.literal('jobs'), actor: z.string() }),
	/** Which of these ports are taken by programs of that host. */
	z.object({
		type: z.literal('busyPorts'),
		ports: z.array(z.object({ port: z.number().int(), protocol: z.enum(['tcp', 'udp']) })).max(200),
	}),
	/** What the apps of that host use now. */
	z.object({ type: z.literal('usage') }),
	z.object({ type: z.literal('trash'), request: TrashRequest }),
	z.object({ type: z.literal('appData'), request: DataRequest }),
	...VOTER_REQUESTS,
]);
export type HostRequest = z.infer<typeof HostRequest>;

/**
 * Parses an untrusted payload and answers; an empty payload counts as `{}`. `stale`: what is told was known at that time, ms, and may
 * have changed since. Rejects with BAD_REQUEST and the question's own errors.
 */
export async function answerQuestion<Q extends Question>(
	answers: Answers,
	question: Q,
	payload: unknown,
	lostSince: number | null = null,
): Promise<{ ok: true; data: QuestionOutput<Q>; stale?: number }> {
	const parsed = QUESTIONS[question].input.safeParse(payload ?? {});
	if (!parsed.success) throw badRequest(`covey.q.${question}`, parsed.error);
	const data = await answers[question](parsed.data as never);
	return lostSince === null ? { ok: true, data } : { ok: true, data, stale: lostSince };
}

export function badRequest(what: string, error: z.ZodError): CoveyError {
	const problems = error.issues.map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`);
	return new CoveyError('BAD_REQUEST', `The payload of ${what} does not fit its schema: ${problems.join('; ')}`, {
		details: { problems },
	});
}

export function answersOf(parts: QuestionParts): Answers {
	const known = new Set(machineIds(parts.kinds));
	const records = (): ActorRecord[] =>
		[...parts.engine.index().values()].map(({ record }) => record).sort((a, b) => (refText(a) < refText(b) ? -1 : 1));
	const entryOf = (app: string): CatalogEntry => findEntry(parts.catalog, app);

	return {
		...parts.trust,
		...parts.catalogs,
		...parts.exports,
		async hosts() {
			const hosts = await parts.hosts();
			const refusal = parts.refusal();
			return {
				hosts,
				totals: totalsOf(hosts, appRows(records())),
				answeredBy: parts.host,
				quorum: refusal === null,
				survives: [...survivesWords(hosts), ...copyWords(hosts, Date.now())],
				needs: refusal?.message ?? null,
			};
		},
		async impact({ host }) {
			const [hosts, candidates, weights] = await Promise.all([parts.hosts(), parts.candidates(), parts.weights()]);
			return answerImpact(host, { hosts, records: records(), candidates, weights, catalog: parts.catalog });
		},
		async apps() {
			return { apps: appRows(records()) };
		},
		async actors({ kind }) {
			return {
				actors: records()
					.filter((record) => kind === undefined || record.kind === kind)
					.map((record) => actorRow(record, known)),
			};
		},
		async show({ actor }) {
			const { record } = await found(parts, actor, records());
			const data = record.view.data as Record<string, unknown>;
			const [jobs, images] = await Promise.all([jobsOf(parts, record), imagesOf(parts, record)]);
			return { actor: actorRow(record, known), data, can: record.view.can, jobs, images };
		},
		async timeline({ actor, limit }) {
			const { record } = await found(parts, actor, records());
			const { records: known, whole } = await parts.timeline(record, limit);
			return { actor, steps: stepRows(known).slice(-limit), whole };
		},
		async replay({ actor }) {
			const { record } = await found(parts, actor, records());
			const kind = parts.kinds.find((one) => one.kind === record.kind);
			if (!kind) throw new CoveyError('UNKNOWN_KIND', `This host does not know the kind ${record.kind}.`);
			const { steps, difference } = replay(kind, (await parts.timeline(record, 1000)).records);
			return { actor, steps, equal: difference === null, difference };
		},
		...placingOf({
			...parts,
			records,
			entry: entryOf,
			near: parts.planning.near,
			usage: (name) => parts.askHost(name, { type: 'usage' }),
		}),
		ports: ({ host }) => portRows(host, parts),
		updates: () => updateRows({ documents: parts.documents, entry: (app) => parts.catalog.get(app) }),
		...parts.planning.answers,
		...trashAnswersOf({
			hosts: parts.hosts,
			records,
			askTrash: (name, request) => parts.askHost(name, { type: 'trash', request }),
		}),
		async logs({ instance, ...query }) {
			const { record } = await found(parts, `install/${instance}`, records());
			const { host } = InstallData.parse(record.view.data);
			if (!host) return { instance, host: '', lines: [] };
			const lines = await parts.askHost(host, { type: 'logs', instance, ...query });
			return { instance, host, lines: z.array(LogRow).parse(lines) };
		},
		async doctor() {
			return { checks: await parts.doctor() };
		},
	};
}

/** Throws UNKNOWN_APP with the nearest names. */
export function findEntry(catalog: Catalog, app: string): CatalogEntry {
	const entry = catalog.get(app);
	if (entry) return entry;
	const near = nearest(
		app,
		catalog.all().map(({ name }) => name),
	);
	throw new CoveyError('UNKNOWN_APP', `There is no app called ${app} in the catalog${hint(near)}.`, {
		details: { nearest: near },
	});
}

export function hint(near: string[]): string {
	return near.length > 0 ? `; near to it: ${near.join(', ')}` : '';
}

async function found(parts: QuestionParts, actor: string, records: ActorRecord[]): Promise<Stored> {
	// Without a leader what was heard last must do.
	const stored = parts.lostSince() === null ? await parts.read(parseRef(actor)) : (parts.engine.index().get(actor) ?? null);
	if (stored) return stored;
	const near = nearest(actor, records.map(refText));
	throw new CoveyError('UNKNOWN_ACTOR', `There is no actor ${actor}${hint(near)}.`, { details: { nearest: near } });
}

/** Jobs live on the hosts that did them; one that does not answer is left out. */
async function jobsOf(parts: QuestionParts, record: ActorRecord): Promise<JobRow[]> {
	const host = record.view.data.host;
	const hosts = new Set([record.owner?.host, typeof host === 'string' ? host : undefined].filter((name) => name !== undefined));
	const answers = await Promise.all(
		[...hosts].map((name) => parts.askHost(name, { type: 'jobs', actor: refText(record) }).catch(() => [])),
	);
	return answers.flatMap((answer) => z.array(JobRow).parse(answer)).sort((a, b) => a.startedAt - b.startedAt);
}

/** Its host's plan has them; without a leader that is not asked. */
async function imagesOf({ documents, lostSince }: QuestionParts, { kind, id, view }: ActorRecord): Promise<PlannedImage[]> {
	const { host } = view.data;
	if (kind !== 'install' || typeof host !== 'string' || lostSince() !== null) return [];
	return HostPlan.safeParse((await documents.read('plans', host))?.value).data?.apps[id]?.images ?? [];
}

export function appRows(records: readonly ActorRecord[]): AppRow[] {
	return records
		.filter(({ kind, view }) => kind === 'install' && view.phase !== 'removed')
		.map(({ id, view }) => {
			const data = InstallData.safeParse(view.data);
			return {
				instance: id,
				app: data.success ? data.data.app : id,
				phase: view.phase,
				words: view.words,
				host: data.success ? data.data.host : null,
				url: data.success && view.phase === 'running' ? data.data.url : null,
				since: view.since,
				failure: data.success ? data.data.failure : null,
				can: view.can,
			};
		});
}
