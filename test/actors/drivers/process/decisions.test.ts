// The pure decisions of the process driver.
import { expect, test } from 'vitest';
import { expander } from '../../../../actors/drivers/process/expand.ts';
import { findProgram, isAtLeast } from '../../../../actors/drivers/process/programs.ts';
import { afterEnd, CLEAN, type Strikes, TIMING } from '../../../../actors/drivers/process/strikes.ts';
import { unitHash, unitsDigest } from '../../../../actors/drivers/process/unit.ts';
import { smallApp } from '../fixture.ts';

test('restarts wait 1, 2, 4, 8 seconds, the fifth crash within two minutes is one too many, and later tries rest a minute', () => {
	let strikes: Strikes = CLEAN;
	const nexts = [0, 2, 5, 10, 19, 80].map((second) => {
		const step = afterEnd(strikes, second * 1000, 'crash', TIMING);
		strikes = step.strikes;
		return step.next;
	});
	expect(nexts.slice(0, 4)).toEqual([1, 2, 4, 8].map((seconds) => ({ type: 'restart', afterMs: seconds * 1000 })));
	expect(nexts.slice(4)).toEqual([
		{ type: 'giveUp', retryAfterMs: 60_000 },
		{ type: 'giveUp', retryAfterMs: 60_000 },
	]);
});

test('crashes far apart are no loop, and their waits stop growing at 30 seconds', () => {
	let strikes: Strikes = CLEAN;
	const waits = Array.from({ length: 9 }, (_, index) => {
		const step = afterEnd(strikes, index * 40_000, 'crash', TIMING);
		strikes = step.strikes;
		return step.next.type === 'restart' ? step.next.afterMs : null;
	});
	expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
});

test('placeholders become values, each argument stays one argument, and an unknown one names what is known', () => {
	const app = smallApp('one', 4000);
	const expand = expander(app, { node: '/n', secrets: new Map(), program: '/p', volume: (name) => `/v/${name}` });
	expect(expand('${bind}:${port.web} ${volume.data}/x ${node}', 'command')).toBe('127.0.0.1:4000 /v/data/x /n');
	expect(expand('$HOME $(id) `id`', 'command')).toBe('$HOME $(id) `id`');
	expect(() => expand('${package}', 'env HOME')).toThrow(/env HOME uses \$\{package\}.*\$\{program\}/);
});

test('a restart is needed for what changes the running process, and for nothing else', () => {
	const app = smallApp('one', 4000);
	const same = [
		smallApp('one', 4000, { desired: 'stopped', memoryBytes: 7, stopTimeoutMs: 9, health: null }),
		JSON.parse(JSON.stringify(app)),
	];
	expect(same.map(unitHash)).toEqual([unitHash(app), unitHash(app)]);
	const others = [
		smallApp('one', 4001),
		smallApp('one', 4000, { env: { A: '1' } }),
		smallApp('one', 4000, { command: ['x'] }),
		smallApp('one', 4000, { volumes: [] }),
	];
	expect(new Set([app, ...others].map(unitHash)).size).toBe(5);
});

test('a generation is named by its content: the order of apps does not count', () => {
	const unit = (instance: string) => ({ hash: 'h', source: { type: 'npm' as const, store: 's' }, app: smallApp(instance, 1) });
	expect(unitsDigest({ a: unit('a'), b: unit('b') })).toBe(unitsDigest({ b: unit('b'), a: unit('a') }));
	expect(unitsDigest({ a: unit('a') })).not.toBe(unitsDigest({ a: { ...unit('a'), source: { type: 'npm', store: 't' } } }));
});

test('versions are compared by number', () => {
	expect([isAtLeast('1.19.2', '1.19'), isAtLeast('1.9', '1.19'), isAtLeast('2', '1.19'), isAtLeast('1.19', '1.19.1')]).toEqual([
		true,
		false,
		true,
		false,
	]);
});

test('a program that is missing or too old is refused with how to get it', async () => {
	const path = process.env['PATH'] ?? '';
	const found = await findProgram({ program: 'node', minVersion: '18' }, path);
	expect(found.path).toMatch(/^\/.*node$/);
	await expect(findProgram({ program: 'node', minVersion: '999', hint: 'Wait.' }, path)).rejects.toMatchObject({
		code: 'MISSING_PROGRAM',
		message: expect.stringMatching(/999 or newer is needed. Wait.$/),
	});
	await expect(findProgram({ program: 'no-such-program' }, path)).rejects.toMatchObject({ code: 'MISSING_PROGRAM' });
});
