// What every driver must do, tried with a real app. Each driver's test file calls it.
import { describe, expect, test } from 'vitest';
import type { Driver, LogLine, UnitStatus } from '../../../actors/drivers/driver.ts';
import type { HostPlan } from '../../../actors/drivers/plan.ts';
import { eventually } from '../../helpers/eventually.ts';
import { freePorts } from '../../helpers/free-ports.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { isServing, planOf, reporter, smallApp, visit } from './fixture.ts';

export function driverContract(name: string, makeDriver: (data: string) => Promise<Driver>): void {
	async function bed() {
		const folder = await temporaryFolder();
		const driver = await makeDriver(folder.path);
		return {
			driver,
			data: folder.path,
			async bring(plan: HostPlan) {
				const outcome = await driver.build(plan, reporter());
				await driver.activate(outcome.generation, plan, reporter());
				return outcome;
			},
			async [Symbol.asyncDispose]() {
				await driver.shutdown();
				await folder[Symbol.asyncDispose]();
			},
		};
	}
	const statusOf = async (driver: Driver, instance: string): Promise<UnitStatus | undefined> =>
		(await driver.units()).find((unit) => unit.instance === instance);

	describe(`driver ${name}`, () => {
		test('an app of the plan is built, started, healthy, and listed with what it uses', async () => {
			await using at = await bed();
			const [port] = await freePorts(1);
			const told = reporter();
			await at.bring(planOf(smallApp('one', port)));
			await at.driver.waitHealthy('one', told);
			expect((await visit(port)).visits).toBe(1);
			expect(await statusOf(at.driver, 'one')).toMatchObject({
				unit: 'one',
				restarts: 0,
				status: { state: 'running', healthy: true },
			});
			expect((await statusOf(at.driver, 'one'))?.memoryBytes).toBeGreaterThan(1_000_000);
		});

		test('the same plan makes no new generation, another plan makes one, and the current one is known', async () => {
			await using at = await bed();
			const [port] = await freePorts(1);
			const first = await at.bring(planOf(smallApp('one', port, { desired: 'stopped' })));
			const again = await at.driver.build({ ...planOf(smallApp('one', port)), revision: 9 }, reporter());
			const other = await at.driver.build(planOf(smallApp('one', port, { env: { LABEL: 'new' } })), reporter());
			expect(again.generation).toEqual(first.generation);
			expect(other.generation.number).toBe(first.generation.number + 1);
			expect(await at.driver.current()).toEqual(first.generation);
			expect((await at.driver.generations()).map(({ number }) => number)).toEqual([1, 2]);
		});

		test('activation starts what is new, restarts what changed, ends what is gone, and leaves the rest alone', async () => {
			await using at = await bed();
			const [a, b, c] = (await freePorts(3)) as [number, number, number];
			await at.bring(planOf(smallApp('same', a), smallApp('changed', b)));
			await at.driver.waitHealthy('same', reporter());
			await at.driver.waitHealthy('changed', reporter());
			const before = { same: await visit(a), changed: await visit(b) };
			await at.bring(planOf(smallApp('same', a), smallApp('changed', b, { env: { LABEL: 'two' } }), smallApp('fresh', c)));
			await at.driver.waitHealthy('changed', reporter());
			await at.driver.waitHealthy('fresh', reporter());
			expect((await visit(a)).pid).toBe(before.same.pid);
			expect(await visit(b)).toMatchObject({ label: 'two', visits: 2 });
			await at.bring(planOf(smallApp('fresh', c)));
			expect(await isServing(a)).toBe(false);
			expect(await isServing(b)).toBe(false);
			expect((await at.driver.units()).map(({ instance }) => instance)).toEqual(['fresh']);
		});

		test('an app that is to be stopped does not run, and has its data when it runs again', async () => {
			await using at = await bed();
			const [port] = await freePorts(1);
			await at.bring(planOf(smallApp('one', port)));
			await at.driver.waitHealthy('one', reporter());
			await visit(port);
			await at.bring(planOf(smallApp('one', port, { desired: 'stopped' })));
			expect(await isServing(port)).toBe(false);
			expect((await statusOf(at.driver, 'one'))?.status).toEqual({ state: 'stopped' });
			await at.bring(planOf(smallApp('one', port)));
			await at.driver.waitHealthy('one', reporter());
			expect((await visit(port)).visits).toBe(2);
		});

		test('stop, start and restart work on one app; stopping what is not there is harmless', async () => {
			await using at = await bed();
			const [port] = await freePorts(1);
			await at.bring(planOf(smallApp('one', port)));
			await at.driver.waitHealthy('one', reporter());
			const { pid } = await visit(port);
			await at.driver.restart('one');
			await at.driver.waitHealthy('one', reporter());
			expect((await visit(port)).pid).not.toBe(pid);
			await at.driver.stop('one');
			expect(await isServing(port)).toBe(false);
			await at.driver.start('one');
			await at.driver.waitHealthy('one', reporter());
			await at.driver.stop('nobody');
		});

		test('while it may not start things nothing starts, what runs goes on, and a crashed app comes back only afterwards', async () => {
			await using at = await bed();
			const [a, b, c] = (await freePorts(3)) as [number, number, number];
			let open = true;
			at.driver.fence(() => open);
			await at.bring(planOf(smallApp('kept', a), smallApp('crashed', b)));
			await at.driver.waitHealthy('kept', reporter());
			await at.driver.waitHealthy('crashed', reporter());
			const before = { kept: await visit(a), crashed: await visit(b) };
			open = false;
			process.kill(before.crashed.pid, 'SIGKILL');
			await at.bring(planOf(smallApp('kept', a), smallApp('crashed', b), smallApp('fresh', c)));
			const held = async (instance: string) => {
				const status = (await statusOf(at.driver, instance))?.status;
				return status?.state === 'waiting' && status.reason.includes('lost the cluster');
			};
			await eventually('both wait', async () => (await held('crashed')) && (await held('fresh')));
			expect(await isServing(b)).toBe(false);
			expect((await visit(a)).pid).toBe(before.kept.pid);
			open = true;
			await at.driver.waitHealthy('crashed', reporter());
			await at.driver.waitHealthy('fresh', reporter());
			expect((await visit(b)).pid).not.toBe(before.crashed.pid);
			expect((await visit(a)).pid).toBe(before.kept.pid);
		});

		test('an app that cannot be built is named, the others are unharmed, and it keeps the unit it had', async () => {
			await using at = await bed();
			const [a, b] = (await freePorts(2)) as [number, number];
			await at.bring(planOf(smallApp('good', a), smallApp('worse', b)));
			const broken = smallApp('worse', b, { source: { type: 'binary', program: 'no-such-program', hint: 'Ask a friend.' } });
			const fresh = smallApp('fresh', b + 1, { command: ['${program}', '${volume.nowhere}'] });
			const outcome = await at.bring(planOf(smallApp('good', a), broken, fresh));
			expect(outcome.failed).toMatchObject({ worse: { code: 'MISSING_PROGRAM' }, fresh: { code: 'BAD_CATALOG' } });
			expect(outcome.failed['worse']?.message).toContain('Ask a friend.');
			expect(outcome.generation.instances).toEqual(['good', 'worse']);
			await at.driver.waitHealthy('good', reporter());
			await at.driver.waitHealthy('worse', reporter());
		});

		test('rollback brings the generation before back, but never an app that left the plan', async () => {
			await using at = await bed();
			const [a, b] = (await freePorts(2)) as [number, number];
			await at.bring(planOf(smallApp('one', a, { env: { LABEL: 'old' } }), smallApp('gone', b)));
			const plan = planOf(smallApp('one', a, { env: { LABEL: 'new' } }));
			await at.bring(plan);
			const back = await at.driver.rollback(plan, reporter());
			await at.driver.waitHealthy('one', reporter());
			expect(back.number).toBe(1);
			expect((await visit(a)).label).toBe('old');
			expect(await isServing(b)).toBe(false);
			await expect(at.driver.rollback(plan, reporter())).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
		});

		test('an app that crashes is said to have crashed and runs again with its data', async () => {
			await using at = await bed();
			const [port] = await freePorts(1);
			const seen: string[] = [];
			at.driver.onUnit((unit) => seen.push(unit.status.state));
			await at.bring(planOf(smallApp('one', port)));
			await at.driver.waitHealthy('one', reporter());
			await visit(port);
			await fetch(`http://127.0.0.1:${port}/crash`).catch(() => undefined);
			await eventually('the crash is told', () => seen.includes('waiting'));
			await at.driver.waitHealthy('one', reporter());
			expect((await visit(port)).visits).toBe(2);
			expect((await statusOf(at.driver, 'one'))?.restarts).toBe(1);
		});

		test('an app that becomes unhealthy and well again is told so', async () => {
			await using at = await bed();
			const [port] = await freePorts(1);
			const seen: unknown[] = [];
			at.driver.onUnit(({ status }) => status.state === 'running' && seen.push(status.healthy));
			await at.bring(planOf(smallApp('one', port)));
			await at.driver.waitHealthy('one', reporter());
			await fetch(`http://127.0.0.1:${port}/sick`);
			await eventually('unhealthy', () => seen.at(-1) === false);
			await fetch(`http://127.0.0.1:${port}/well`);
			await eventually('recovered', () => seen.at(-1) === true);
		});

		test('the wait for an app that never becomes healthy ends with its last log lines', async () => {
			await using at = await bed();
			const [port] = await freePorts(1);
			const app = smallApp('sick', port, { env: { SICK: 'yes', LABEL: 'poorly' } });
			await at.bring(planOf({ ...app, health: app.health && { ...app.health, startPeriodMs: 2_500 } }));
			const failure = await at.driver.waitHealthy('sick', reporter()).catch((error: unknown) => error);
			expect(failure).toMatchObject({ code: 'UNHEALTHY' });
			expect(JSON.stringify(failure)).toContain('poorly');
		});

		test('logs are kept over a restart, found by words and time, limited, and followed as they are written', async () => {
			await using at = await bed();
			const [port] = await freePorts(1);
			const followed: LogLine[] = [];
			at.driver.onLog((instance, line) => instance === 'one' && followed.push(line));
			await at.bring(planOf(smallApp('one', port, { env: { LABEL: 'early' } })));
			await at.driver.waitHealthy('one', reporter());
			await eventually('the first line is followed', () => followed.some(({ line }) => line.includes('early')));
			await at.driver.restart('one');
			await at.driver.waitHealthy('one', reporter());
			for (const word of ['apple', 'pear', 'another%20apple']) await fetch(`http://127.0.0.1:${port}/say/${word}`);
			await eventually('three words are followed', () => followed.filter(({ line }) => /apple|pear/.test(line)).length === 3);
			expect((await at.driver.logs('one', { lines: 100, search: 'small app' })).length).toBe(2);
			expect((await at.driver.logs('one', { lines: 1, search: 'APPLE' })).map(({ line }) => line)).toEqual(['another apple']);
			expect(await at.driver.logs('one', { lines: 10, sinceMs: Date.now() + 60_000 })).toEqual([]);
		});

		test('a wait and a build can be cancelled', async () => {
			await using at = await bed();
			const [port] = await freePorts(1);
			await at.bring(planOf(smallApp('one', port, { env: { SICK: 'yes' } })));
			const cancel = new AbortController();
			const waiting = at.driver.waitHealthy('one', reporter(cancel.signal));
			cancel.abort();
			await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
			await expect(at.driver.build(planOf(smallApp('two', port)), reporter(cancel.signal))).rejects.toMatchObject({
				code: 'CANCELLED',
			});
		});
	});
}
