// The install machine through the engine's own step: every state is reached, every phase's promises hold, whatever comes in.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMANDS, type InstallPhase, PHASES } from '../../machines/install/contract.ts';
import { installKind } from '../../machines/install/kind.ts';
import { installMachine } from '../../machines/install/machine.ts';
import type { Live } from '../../runtime/engine/live.ts';
import type { JsonObject, PendingEffect } from '../../runtime/engine/record.ts';
import { firstStep, type Input, step } from '../../runtime/engine/step.ts';
import { restore } from '../../runtime/engine/versions.ts';

const OWNER = { host: 'alder', incarnation: 1 };
const OUTPUTS: Record<string, JsonObject | null> = {
	placeInstall: { host: 'birch', reason: 'most memory' },
	preflight: null,
	writePlan: { ports: [{ name: 'web', port: 20_000, protocol: 'tcp', url: 'http://127.0.0.1:20000' }] },
	buildGeneration: { generation: 3 },
	startApp: { generation: 3 },
	stopApp: null,
	restartApp: null,
	removeApp: null,
	undoInstall: null,
	withdrawPlan: null,
	acceptData: null,
	provideDatabases: { databases: [] },
	saveForUpdate: { from: '1.0.0' },
	changeVersion: { to: '2.0.0' },
	takeBackUpdate: null,
	inspectApp: { state: 'running', reason: '' },
};

function begin(pinnedHost: string | null = null): Live {
	const how = { cmdId: 'c0', by: 'test', owner: OWNER, now: 0, before: null };
	return firstStep(installKind, installMachine, { kind: 'install', id: 'notes' }, { app: 'notes', pinnedHost, ports: {} }, how);
}

let ids = 0;
const say = (type: string): Input => ({
	type: 'command',
	command: {
		cmdId: `c${++ids}`,
		type,
		by: 'test',
		...(type === 'install.remove' ? { deleteData: false } : {}),
		...(type === 'install.update' ? { version: null } : {}),
		...(type === 'install.connect' ? { uses: [] } : {}),
	},
});
const fact = (type: string, host = 'birch'): Input => ({ type: 'fact', event: { type, host, reason: 'because' }, by: 'test' });
const effectOf = (live: Live): PendingEffect | undefined => Object.values(live.record.effects)[0];

function done(live: Live, output?: JsonObject | null): Input {
	const effect = effectOf(live) as PendingEffect;
	return {
		type: 'completion',
		key: effect.key,
		token: effect.token,
		by: 'test',
		result: { status: 'done', output: output === undefined ? (OUTPUTS[effect.src] ?? null) : output, notes: [] },
	};
}

function failed(live: Live, code = 'EFFECT_FAILED'): Input {
	const { key, token } = effectOf(live) as PendingEffect;
	return {
		type: 'completion',
		key,
		token,
		by: 'test',
		result: { status: 'failed', error: { code: code as never, message: 'it broke', next: 'mend it' }, notes: [] },
	};
}

function taken(live: Live, input: Input, now = 1): Live {
	const outcome = step(live, input, now);
	if (outcome.status !== 'stepped') throw new Error(`${outcome.status} in ${live.record.view.phase}: ${JSON.stringify(outcome)}`);
	return outcome.next;
}

/** Every effect succeeds until the app rests. */
function finished(live: Live): Live {
	let now = live;
	while (effectOf(now)) now = taken(now, done(now));
	return now;
}

describe('a life without trouble', () => {
	test('goes through the phases in order and keeps nothing to undo', () => {
		const phases: string[] = [];
		let live = begin();
		for (phases.push(live.record.view.phase); effectOf(live); phases.push(live.record.view.phase)) live = taken(live, done(live));
		expect(phases).toEqual(['queued', 'validating', 'configuring', 'building', 'starting', 'running']);
		expect(live.record.view.data).toMatchObject({ host: 'birch', url: 'http://127.0.0.1:20000', undo: [], failure: null });
	});

	test('stops, starts, restarts and is removed', () => {
		let live = finished(begin());
		live = finished(taken(live, say('install.stop')));
		expect(live.record.view.phase).toBe('stopped');
		live = finished(taken(live, say('install.start')));
		live = finished(taken(live, say('install.restart')));
		expect(live.record.view.phase).toBe('running');
		live = finished(taken(live, say('install.remove')));
		expect(live.record.view.phase).toBe('removed');
		expect(step(live, say('install.start'), 1).status).toBe('rejected');
	});
});

describe('trouble', () => {
	test.each([
		['preflight', 'failed'],
		['writePlan', 'rolledBack'],
		['buildGeneration', 'rolledBack'],
		['startApp', 'rolledBack'],
	])('a failure of %s ends %s, undone last first', (src, end) => {
		let live = begin();
		while (effectOf(live)?.src !== src) live = taken(live, done(live));
		live = taken(live, failed(live));
		const undone: unknown[] = [];
		while (effectOf(live)) {
			undone.push((effectOf(live) as PendingEffect & { input: JsonObject }).input.step);
			live = taken(live, done(live));
		}
		expect(live.record.view.phase).toBe(end);
		expect(undone).toEqual(src === 'startApp' ? ['stopUnit', 'removeFromPlan'] : src === 'preflight' ? [] : ['removeFromPlan']);
		expect(live.record.view.data.failure).toMatchObject({ code: 'EFFECT_FAILED' });
	});

	test('a port lost between plan and start is chosen anew three times, then it is undone', () => {
		let live = begin();
		for (let lost = 0; lost < 3; lost++) {
			while (effectOf(live)?.src !== 'startApp') live = taken(live, done(live));
			live = taken(live, failed(live, 'PORT_IN_USE'));
			expect(live.record.view.phase).toBe('configuring');
		}
		while (effectOf(live)?.src !== 'startApp') live = taken(live, done(live));
		expect(taken(live, failed(live, 'PORT_IN_USE')).record.view.phase).toBe('rollingBack');
	});

	test('a host that dies before the app ran is given up after the grace, and avoided', () => {
		let live = begin();
		while (effectOf(live)?.src !== 'buildGeneration') live = taken(live, done(live));
		live = taken(live, fact('host.lost'));
		expect(live.record.view.words).toContain('unreachable');
		const [id, timer] = Object.entries(live.record.timers)[0] as [string, { token: number; at: number }];
		expect(step(live, { type: 'timer', id, token: timer.token }, timer.at - 1).status).toBe('stale');
		live = taken(live, { type: 'timer', id, token: timer.token }, timer.at);
		expect(effectOf(live)).toMatchObject({ src: 'withdrawPlan', host: null });
		live = taken(live, done(live));
		expect(effectOf(live)).toMatchObject({ src: 'placeInstall', input: { avoid: ['birch'] } });
	});

	test('a host that a person chose is never given up by itself', () => {
		let live = begin('birch');
		while (effectOf(live)?.src !== 'buildGeneration') live = taken(live, done(live));
		live = taken(live, fact('host.lost'));
		const [id, timer] = Object.entries(live.record.timers)[0] as [string, { token: number; at: number }];
		expect(effectOf(taken(live, { type: 'timer', id, token: timer.token }, timer.at) as Live)).toBeUndefined();
	});

	test('an app that has run starts nowhere else when its host dies', () => {
		const lost = taken(finished(begin()), fact('host.lost'));
		expect(lost.record.view.phase).toBe('unreachable');
		expect(lost.record.effects).toEqual({});
		expect(finished(taken(lost, fact('host.returned'))).record.view.phase).toBe('running');
	});

	test('what may run on a lost host is taken back when that returns, and starts nowhere else before', () => {
		let live = begin();
		while (effectOf(live)?.src !== 'startApp') live = taken(live, done(live));
		live = taken(taken(live, say('install.cancel')), fact('host.lost'));
		expect(live.record.view).toMatchObject({ phase: 'rollingBack', words: expect.stringContaining('unreachable since') });
		for (const type of ['install.retry', 'install.remove']) expect(step(live, say(type), 1).status).toBe('rejected');
		live = taken(live, fact('host.returned'));
		expect(live.record.view.words).not.toContain('unreachable');
		expect(finished(live).record.view.phase).toBe('rolledBack');
	});

	test('what may run on a lost host is given up when that is forgotten', () => {
		let live = begin();
		while (effectOf(live)?.src !== 'startApp') live = taken(live, done(live));
		live = taken(taken(live, failed(live)), fact('host.lost'));
		live = taken(live, {
			type: 'fact',
			event: { type: 'host.forgotten', host: 'birch', how: 'forgotten', departedAt: 1 },
			by: 'test',
		});
		expect(effectOf(live)).toMatchObject({ src: 'withdrawPlan', host: null });
		expect(finished(live).record.view.phase).toBe('rolledBack');
	});

	test('what never started is taken out of the plan of a lost host at once', () => {
		let live = begin();
		while (effectOf(live)?.src !== 'buildGeneration') live = taken(live, done(live));
		live = taken(taken(live, say('install.cancel')), fact('host.lost'));
		expect(effectOf(live)).toMatchObject({ src: 'withdrawPlan', host: null });
	});

	test('it heals by itself', () => {
		const sick = taken(finished(begin()), fact('app.unhealthy'));
		expect(sick.record.view).toMatchObject({ phase: 'error', data: { failure: { code: 'UNHEALTHY' } } });
		expect(taken(sick, fact('app.recovered')).record.view).toMatchObject({ phase: 'running', data: { failure: null } });
	});
});

test('whatever comes in, the promises of each phase hold, and every phase is reached', () => {
	const reached = new Set<string>();
	const move = fc.oneof(
		fc.constantFrom(...COMMANDS).map((type) => ({ is: 'say', type })),
		fc
			.constantFrom('host.lost', 'host.returned', 'app.unhealthy', 'app.failed', 'app.recovered')
			.map((type) => ({ is: 'fact', type })),
		fc.constant({ is: 'done', type: '' }),
		fc.constant({ is: 'done', type: '' }),
		fc.constant({ is: 'done', type: '' }),
		fc.constant({ is: 'failed', type: '' }),
		fc.constant({ is: 'timer', type: '' }),
	);
	fc.assert(
		fc.property(fc.boolean(), fc.array(move, { maxLength: 40 }), (hasRun, moves) => {
			let live = hasRun ? finished(begin()) : begin();
			for (const { is, type } of moves) {
				const [timerId, timer] = Object.entries(live.record.timers)[0] ?? [];
				let input: Input | null = null;
				if (is === 'say') input = say(type);
				else if (is === 'fact') input = fact(type);
				else if (is === 'timer') input = timerId && timer ? { type: 'timer', id: timerId, token: timer.token } : null;
				else if (effectOf(live)) input = is === 'done' ? done(live) : failed(live);
				if (!input) continue;
				const allowed = is === 'say' ? live.record.view.can[type] === true : null;
				const outcome = step(live, input, timer?.at ?? 1);
				expect(outcome.status).not.toBe('poisoned');
				if (allowed !== null)
					expect(outcome.status, `${type} while ${live.record.view.phase}`).toBe(allowed ? 'stepped' : 'rejected');
				if (outcome.status === 'stepped') live = outcome.next;
				holds(live);
				reached.add(live.record.view.phase);
			}
		}),
		{ numRuns: 600, seed: 20_261_121 },
	);
	reached.add('queued');
	expect(PHASES.filter((phase) => !reached.has(phase))).toEqual([]);
});

function holds({ record }: Live): void {
	const { phase, data } = record.view as { phase: InstallPhase; data: JsonObject };
	expect(Object.keys(record.effects).length).toBeLessThanOrEqual(1);
	if (['running', 'rolledBack', 'removed', 'stopped'].includes(phase)) expect(data.undo).toEqual([]);
	if (['rolledBack', 'error'].includes(phase)) expect(data.failure).not.toBeNull();
	if (['running', 'stopped', 'error', 'failed', 'rolledBack', 'removed'].includes(phase)) expect(record.effects).toEqual({});
	// Nobody waits for ever on nothing: work, a deadline, or a person or host that can go on.
	const open =
		Object.keys(record.effects).length +
		Object.keys(record.timers).length +
		Object.values(record.view.can).filter((can) => can === true).length;
	if (phase !== 'removed' && phase !== 'unreachable') expect(open).toBeGreaterThan(0);
	expect(restore(installKind, JSON.parse(JSON.stringify(record)), () => true).status).toBe('restored');
}

describe('an update', () => {
	const through = (live: Live, ...srcs: string[]): Live => {
		let now = live;
		for (const src of srcs) {
			expect(effectOf(now)?.src).toBe(src);
			now = taken(now, done(now));
		}
		return now;
	};

	test('copies the data, changes the plan, builds, and is over when the new version is healthy', () => {
		const live = through(
			taken(finished(begin()), say('install.update')),
			'saveForUpdate',
			'changeVersion',
			'buildGeneration',
			'startApp',
		);
		expect(live.record.view.phase).toBe('running');
		expect(live.record.view.data).toMatchObject({ failure: null });
	});

	test.each(['changeVersion', 'buildGeneration', 'startApp'])(
		'what fails in %s brings version and data back, and says why',
		(src) => {
			let live = taken(finished(begin()), say('install.update'));
			while (effectOf(live)?.src !== src) live = taken(live, done(live));
			live = through(taken(live, failed(live)), 'takeBackUpdate', 'startApp');
			expect(live.record.view.phase).toBe('running');
			expect(live.record.view.data).toMatchObject({ failure: { message: 'it broke' } });
		},
	);

	test('whose way back fails waits for a person, who lets it go on from there', () => {
		let live = through(taken(finished(begin()), say('install.update')), 'saveForUpdate', 'changeVersion');
		live = taken(live, failed(live));
		live = taken(live, failed(live));
		expect(live.record.view.phase).toBe('error');
		expect(step(live, say('install.update'), 1).status).toBe('rejected');
		live = through(taken(live, say('install.retry')), 'takeBackUpdate', 'startApp');
		expect(live.record.view.phase).toBe('running');
	});
});
