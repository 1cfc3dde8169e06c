// Calls of connected apps: interrupted at every step and taken up again, and to partners that are late, ill or gone.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostPlan, PlannedCall } from '../../../actors/drivers/plan.ts';
import type { EffectContext } from '../../../actors/effect.ts';
import { callPartners, endCalls } from '../../../actors/effects/call-partners.ts';
import { withdrawPlan } from '../../../actors/effects/withdraw-plan.ts';
import type { HostKit } from '../../../actors/kit.ts';
import type { Kept } from '../../../actors/vault.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import type { ActorRef, Json } from '../../../runtime/engine/record.ts';
import { sampleRecord } from '../../helpers/sample-record.ts';

/** What the partner knows, and every call that changed it. */
let known: Set<string>;
let heard: string[];
/** Before the answer: throws to answer nothing. */
let answering: (method: string) => void;
let partner: Server;
let port: number;

beforeEach(async () => {
	[known, heard, answering] = [new Set(), [], () => {}];
	partner = listener();
	await listen(0);
	port = (partner.address() as AddressInfo).port;
});

afterEach(() => void partner.close());

test('whenever the process dies, the partner knows the app once, and nothing of it after the end', async () => {
	let points = 0;
	for (let at = 1; at === 1 || points >= at - 1; at++) {
		[known, heard] = [new Set(), []];
		const { kit, context } = await world();
		points = await interrupted(kit, at, (dying) => callPartners(dying, 'radarr', context));
		await callPartners(kit, 'radarr', context);
		expect(heard).toEqual(['POST']);
		await interrupted(kit, at, (dying) => endCalls(dying, 'radarr', () => false, context, 'partners'));
		await endCalls(kit, 'radarr', () => false, context, 'partners');
		expect([...known]).toEqual([]);
		expect((await kit.vault.read('radarr'))?.calls).toEqual({});
	}
	expect(points).toBeGreaterThan(1);
});

test('an answer that is lost is no reason to call twice', async () => {
	const { kit, context } = await world();
	answering = (method) => {
		if (method === 'POST') throw new Error('the cable is out');
	};
	await expect(callPartners(kit, 'radarr', context)).rejects.toMatchObject({ code: 'EFFECT_FAILED' });
	await callPartners(kit, 'radarr', context);
	expect(heard).toEqual(['POST']);
});

test('a partner that is on its way is waited for, at the beginning and at the end', async () => {
	const { kit, context, looked } = await world({ phase: 'starting' });
	const late = async (work: Promise<void>) => {
		await looked();
		await listen(port);
		await work;
	};
	await close();
	await late(callPartners(kit, 'radarr', context));
	expect([...known]).toEqual(['radarr']);
	await close();
	await late(endCalls(kit, 'radarr', () => false, context));
	expect([...known]).toEqual([]);
});

test('an ill answer to the end is asked for again; a plain no is taken', async () => {
	const { kit, context, notes } = await world();
	await callPartners(kit, 'radarr', context);
	let ill = 1;
	answering = (method) => {
		if (method === 'DELETE' && ill-- > 0) throw 503;
	};
	await endCalls(kit, 'radarr', () => false, context);
	expect(heard).toEqual(['POST', 'DELETE']);

	await callPartners(kit, 'radarr', context);
	answering = (method) => {
		if (method === 'DELETE') throw 404;
	};
	await endCalls(kit, 'radarr', () => false, context);
	expect(notes.at(-1)).toContain('qbittorrent answered 404 to DELETE');
});

test('a partner that is stopped is not waited for: an install says so, an end goes on', async () => {
	const { kit, context, notes, become } = await world();
	await callPartners(kit, 'radarr', context);
	await close();
	become('stopped');
	await expect(callPartners(kit, 'radarr', context)).rejects.toThrow('qbittorrent, which is stopped, did not answer GET');
	await endCalls(kit, 'radarr', () => false, context);
	expect(notes.at(-1)).toContain('qbittorrent was not told of the end of radarr');
	expect((await kit.vault.read('radarr'))?.calls).toEqual({});
});

test('an app whose host was forgotten is taken back from its partners elsewhere', async () => {
	const { kit, context } = await world();
	await callPartners(kit, 'radarr', context);
	await withdrawPlan({ ...kit, host: 'cedar' }).run({ instance: 'radarr', from: 'birch' }, context);
	expect([...known]).toEqual([]);
});

function listener(): Server {
	return createServer((request, response) => {
		const { method = '', url = '' } = request;
		const name = url.split('/').at(-1) ?? '';
		if (method === 'GET') return response.end([...known].join(' '));
		try {
			if (method !== 'DELETE') answered(method, name);
			answering(method);
			if (method === 'DELETE') answered(method, name);
			return response.end('done');
		} catch (thrown) {
			return typeof thrown === 'number' ? response.writeHead(thrown).end() : request.socket.destroy();
		}
	});
}

function answered(method: string, name: string): void {
	heard.push(method);
	if (method === 'POST') known.add(name);
	else known.delete(name);
}

const listen = (at: number) => new Promise<void>((resolve) => partner.listen(at, '127.0.0.1', resolve));

const close = () =>
	new Promise<void>((resolve) => {
		partner.close(() => resolve());
		partner.closeAllConnections();
	});

async function world({ phase = 'running' } = {}) {
	const documents = memoryDocuments();
	const undo = { method: 'DELETE', path: '/radarr', headers: {} };
	const look = { path: '/', headers: {}, contains: 'radarr' };
	const call: PlannedCall = {
		key: 'client/qbittorrent/0',
		to: 'partner',
		base: `http://127.0.0.1:${port}`,
		method: 'POST',
		path: '/radarr',
		headers: {},
		look,
		undo,
	};
	const plan = { schema: 1, host: 'birch', revision: 1, apps: { radarr: planned(call) } } as unknown as HostPlan;
	await documents.put('plans', 'birch', plan as unknown as Json, 0);
	let kept: Kept | null = { app: 'radarr', values: {}, databases: {}, calls: {} };
	let isLooked = () => {};
	const kit = {
		host: 'birch',
		documents,
		look: async ({ id }: ActorRef) => {
			isLooked();
			return { ...sampleRecord(id), view: { ...sampleRecord(id).view, phase } };
		},
		vault: {
			read: async () => kept,
			change: async (_instance: string, change: (now: Kept | null) => Kept | null) => {
				kept = change(kept);
				return kept;
			},
		},
	} as unknown as HostKit;
	const notes: string[] = [];
	const context: EffectContext = {
		key: 'install/radarr/effect/3',
		actor: { kind: 'install', id: 'radarr' },
		epoch: 1,
		attempt: 1,
		signal: AbortSignal.timeout(20_000),
		progress: () => {},
		note: ({ text }) => notes.push(text),
	};
	return {
		kit,
		context,
		notes,
		become: (next: string) => {
			phase = next;
		},
		/** Resolves when the partner's record is asked for the next time. */
		looked: () =>
			new Promise<void>((resolve) => {
				isLooked = resolve;
			}),
	};
}

const planned = (call: PlannedCall) => ({
	instance: 'radarr',
	app: 'radarr',
	desired: 'running',
	source: { type: 'binary', program: 'radarr' },
	command: ['radarr'],
	env: {},
	ports: [],
	volumes: [],
	health: null,
	stopTimeoutMs: 1_000,
	memoryBytes: 0,
	diskBytes: 0,
	calls: [call],
});

/** Runs `work` with a kit that dies at its `at`th write: before it, and with every other one after it. Returns how many there were. */
async function interrupted(kit: HostKit, at: number, work: (kit: HostKit) => Promise<void>): Promise<number> {
	let points = 0;
	const die = () => {
		if (++points === at) throw new Error('killed');
	};
	const dying: HostKit = {
		...kit,
		vault: {
			...kit.vault,
			change: async (instance, change) => {
				die();
				const changed = await kit.vault.change(instance, change);
				die();
				return changed;
			},
		},
	};
	await work(dying).catch((thrown: Error) => {
		if (thrown.message !== 'killed') throw thrown;
	});
	return points;
}
