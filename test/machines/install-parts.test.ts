// An install with apps that have to be there first: they come before it, and go with it.
import { expect, test } from 'vitest';
import { installKind } from '../../machines/install/kind.ts';
import { installMachine } from '../../machines/install/machine.ts';
import type { Live } from '../../runtime/engine/live.ts';
import type { JsonObject, PendingEffect } from '../../runtime/engine/record.ts';
import { firstStep, type Input, step } from '../../runtime/engine/step.ts';

const OUTPUTS: Record<string, JsonObject> = {
	placeInstall: { host: 'birch', reason: 'most memory' },
	writePlan: { ports: [] },
	buildGeneration: { generation: 3 },
	startApp: { generation: 3 },
};
const PARTS = ['store', 'proxy'].map((name) => ({ instance: name, app: name, planned: null }));

function begin(): Live {
	const how = { cmdId: 'c0', by: 'test', owner: { host: 'alder', incarnation: 1 }, now: 7, before: null };
	const input = { app: 'notes', pinnedHost: null, ports: {}, parts: PARTS };
	return firstStep(installKind, installMachine, { kind: 'install', id: 'notes' }, input, how);
}

const effectOf = (live: Live): PendingEffect | undefined => Object.values(live.record.effects)[0];

function ended(live: Live, how: 'done' | 'failed'): Live {
	const { key, token, src } = effectOf(live) as PendingEffect;
	const error = { code: 'DEPENDENCY_FAILED', message: 'it broke', next: 'mend it' } as const;
	const output = OUTPUTS[src] ?? null;
	return taken(live, {
		type: 'completion',
		key,
		token,
		by: 'test',
		result: how === 'done' ? { status: 'done', output, notes: [] } : { status: 'failed', error, notes: [] },
	});
}

function taken(live: Live, input: Input): Live {
	const outcome = step(live, input, 9);
	if (outcome.status !== 'stepped') throw new Error(JSON.stringify(outcome));
	return outcome.next;
}

/** Every effect succeeds until `src` is asked for, or nothing is. */
function until(live: Live, src: string | null): Live {
	let now = live;
	for (let effect = effectOf(now); effect && effect.src !== src; effect = effectOf(now)) now = ended(now, 'done');
	return now;
}

const say = (type: string): Input => ({ type: 'command', command: { cmdId: type, type, by: 'test' } });

test('its parts are brought one after the other before it is placed', () => {
	const asked: string[] = [];
	let live = begin();
	for (let effect = effectOf(live); effect; effect = effectOf(live)) {
		const { part } = effect.input as { part?: { instance: string } };
		asked.push(part ? `${effect.src} ${part.instance}` : effect.src);
		live = ended(live, 'done');
	}
	expect(asked).toEqual([
		'installPart store',
		'installPart proxy',
		'placeInstall',
		'preflight',
		'writePlan',
		'buildGeneration',
		'startApp',
	]);
	expect(live.record.view.phase).toBe('running');
	expect(live.record.view.data.undo).toEqual([]);
});

test('a part that fails takes the others back, and the app is rolled back with its reason', () => {
	const broken = ended(ended(begin(), 'done'), 'failed');
	expect(broken.record.view.phase).toBe('rollingBack');
	expect(effectOf(broken)).toMatchObject({
		src: 'removeParts',
		input: { parts: PARTS, partOf: { instance: 'notes', since: 7 } },
	});
	const over = ended(broken, 'done');
	expect(over.record.view).toMatchObject({ phase: 'rolledBack', data: { failure: { code: 'DEPENDENCY_FAILED' }, undo: [] } });
});

test.each(['placeInstall', 'preflight', 'writePlan', 'buildGeneration', 'startApp'])(
	'when %s fails, its own steps are taken back first, then its parts',
	(src) => {
		let live = ended(until(begin(), src), 'failed');
		const undone: string[] = [];
		for (let effect = effectOf(live); effect; effect = effectOf(live)) {
			undone.push(effect.src);
			live = ended(live, 'done');
		}
		expect(undone.at(-1)).toBe('removeParts');
		expect(undone.filter((one) => one === 'removeParts')).toHaveLength(1);
		expect(live.record.view.phase).toBe('rolledBack');
	},
);

test.each(['installPart', 'placeInstall', 'buildGeneration'])('cancelled during %s, its parts go with it', (src) => {
	const live = until(taken(until(begin(), src), say('install.cancel')), 'removeParts');
	expect(effectOf(live)?.src).toBe('removeParts');
	expect(ended(live, 'done').record.view).toMatchObject({ phase: 'rolledBack', data: { failure: { code: 'CANCELLED' } } });
});

test('tried again, it begins with the first part, for a try of its own', () => {
	const over = ended(ended(begin(), 'failed'), 'done');
	const again = taken(over, say('install.retry'));
	expect(effectOf(again)).toMatchObject({
		src: 'installPart',
		input: { part: PARTS[0], partOf: { instance: 'notes', since: 9 } },
	});
});

test('parts that could not be taken back are tried again before anything else', () => {
	const stuck = ended(ended(begin(), 'failed'), 'failed');
	expect(stuck.record.view).toMatchObject({ phase: 'failed', data: { undo: ['removeParts'] } });
	expect(effectOf(taken(stuck, say('install.retry')))?.src).toBe('removeParts');
});

test('once it runs, its parts are apps of their own', () => {
	const running = until(begin(), null);
	const removed = until(
		taken(running, { type: 'command', command: { cmdId: 'r', type: 'install.remove', by: 'test', deleteData: false } }),
		null,
	);
	expect(removed.record.view.phase).toBe('removed');
});
