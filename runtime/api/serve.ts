// Puts the answers on the network: questions, creations, and what only this host can tell.
import type { Driver } from '../../actors/drivers/driver.ts';
import { type PortQuestion, portIsFree } from '../../actors/drivers/ports.ts';
import type { Trash } from '../../actors/drivers/process/trash.ts';
import type { Engine } from '../engine/engine.ts';
import { fromWire, type WireError } from '../engine/errors.ts';
import type { Reply } from '../engine/ports.ts';
import type { DataRequest } from '../host/app-data.ts';
import type { VoterRequest } from '../host/host-trust.ts';
import type { Links } from '../host/links.ts';
import { inputOf } from './accept-plan.ts';
import { CreateInstall, type HostRow, QUESTIONS, type Question } from './contract.ts';
import { assertKnown } from './impact.ts';
import { type JobSources, jobRows } from './job-rows.ts';
import type { AppUsage } from './plan-contract.ts';
import type { Planning } from './planning.ts';
import { type Answers, answerQuestion, badRequest, HostRequest } from './questions.ts';
import { answerTrash } from './trash.ts';

export interface ServeParts extends JobSources {
	links: Pick<Links, 'question' | 'creation' | 'serveAsk'>;
	answers: Answers;
	engine: Pick<Engine, 'create' | 'index'>;
	/** Looks again for one that is not known. Rejects with UNKNOWN_APP. */
	entry(app: string): Promise<unknown>;
	planning: Pick<Planning, 'plan' | 'isPlain' | 'isAtHome'>;
	/** Read through the leader. */
	exists(instance: string): Promise<boolean>;
	/** Files of an app's volumes here. */
	appData(request: DataRequest): Promise<unknown>;
	trash: Trash;
	/** Where apps listen. */
	appBind: string;
	driver: Pick<Driver, 'logs' | 'units'>;
	hosts(): Promise<HostRow[]>;
	/** Since when what this host knows may be old, ms; null while it is of now. */
	lostSince(): number | null;
	/** Why nothing can be changed now, or null. */
	refusal(): WireError | null;
	/** What only a voter can do about trust, for a host that is none. */
	answerHost(request: VoterRequest): Promise<unknown>;
}

export function serve(parts: ServeParts): void {
	for (const question of Object.keys(QUESTIONS) as Question[])
		parts.links.question(question, (payload) => answerQuestion(parts.answers, question, payload, parts.lostSince()));
	parts.links.creation('install', (payload) => createInstall(parts, payload));
	parts.links.serveAsk((payload) => answerAsk(parts, payload));
}

/** Bad input changes nothing: names are looked up before there is an actor. */
async function createInstall(parts: ServeParts, payload: unknown): Promise<Reply> {
	const parsed = CreateInstall.safeParse(payload);
	if (!parsed.success) throw badRequest('covey.create.install', parsed.error);
	const request = parsed.data;
	const refusal = parts.refusal();
	if (refusal) throw fromWire(refusal);
	await parts.entry(request.app);
	if (request.host !== undefined) assertKnown(request.host, await parts.hosts());
	const id = request.name ?? request.app;
	const how = { cmdId: request.cmdId, by: request.by ?? 'anonymous' };
	const reply = await parts.engine.create('install', id, await inputOf(parts, request), how);
	return reply.ok || reply.error.code !== 'NAME_TAKEN'
		? reply
		: { ok: false, error: { ...reply.error, message: takenWords(parts, id, request) } };
}

function takenWords(parts: ServeParts, id: string, request: CreateInstall): string {
	const words = parts.engine.index().get(`install/${id}`)?.record.view.words ?? '';
	return request.name === undefined
		? `${id} is installed already. ${words}`.trim()
		: `An instance called ${id} exists already. ${words}`.trim();
}

async function answerAsk(parts: ServeParts, payload: unknown): Promise<unknown> {
	const parsed = HostRequest.safeParse(payload);
	if (!parsed.success) throw badRequest(`covey.host.${parts.host}.ask`, parsed.error);
	const request = parsed.data;
	if (request.type === 'jobs') return jobRows(parts, request.actor);
	if (request.type === 'busyPorts') return busyPorts(request.ports, parts.appBind);
	if (request.type === 'usage') return usage(parts.driver);
	if (request.type === 'appData') return parts.appData(request.request);
	if (request.type === 'trash') return answerTrash(parts.host, parts.trash, request.request);
	if (request.type !== 'logs') return parts.answerHost(request);
	const { lines, sinceMs, search } = request;
	return parts.driver.logs(request.instance, {
		lines,
		...(sinceMs === undefined ? {} : { sinceMs }),
		...(search === undefined ? {} : { search }),
	});
}

async function usage(driver: Pick<Driver, 'units'>): Promise<AppUsage[]> {
	const units = await driver.units();
	return units.flatMap(({ instance, memoryBytes }) => (memoryBytes === undefined ? [] : [{ instance, memoryBytes }]));
}

async function busyPorts(ports: readonly Omit<PortQuestion, 'bind'>[], bind: string): Promise<number[]> {
	const free = await Promise.all(ports.map((port) => portIsFree({ ...port, bind })));
	return ports.flatMap(({ port }, index) => (free[index] ? [] : [port]));
}
