import { expect, test } from 'vitest';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { memoryJournal } from '../../../runtime/host/journal.ts';
import { jobWorld, orderFor } from './job-world.ts';
import { settled } from './manual-clock.ts';

test('a job is in the journal before its effect begins', async () => {
	const journal = memoryJournal();
	const states: unknown[] = [];
	const { host } = jobWorld({ journal, effect: { run: async () => void states.push(journal.job(orderFor().key)?.state) } });
	expect(await host.order(orderFor())).toEqual({ status: 'running' });
	await settled();
	expect(states).toEqual(['running']);
});

test('a finished job tells its owner the result until the owner knows it', async () => {
	const { host, runs, pushed, world, clock, journal } = jobWorld();
	await host.order(orderFor());
	world.knows = false;
	runs[0]?.succeed('built');
	await settled();
	world.knows = new CoveyError('HOST_UNREACHABLE', 'gone');
	await clock.advance(300);
	expect(journal.undelivered()).toHaveLength(1);
	world.knows = true;
	await clock.advance(2_000);
	expect(pushed.length).toBe(3);
	expect(pushed[2]).toEqual({
		owner: 'alder',
		completion: {
			actor: { kind: 'install', id: 'wiki' },
			key: orderFor().key,
			token: 1,
			result: { status: 'done', output: 'built', notes: [] },
		},
	});
	await clock.advance(3_600_000);
	expect(pushed.length).toBe(3);
	expect(journal.undelivered()).toHaveLength(0);
});

test('a repeated order attaches to the running job, and later gets the stored result', async () => {
	const { host, runs, pushed, clock } = jobWorld();
	await host.order(orderFor());
	expect(await host.order(orderFor())).toEqual({ status: 'running' });
	expect(await host.order(orderFor({ owner: 'cedar', epoch: 2 }))).toEqual({ status: 'running' });
	runs[0]?.succeed('built');
	await clock.advance(1_000);
	expect(pushed.map((message) => message.owner)).toEqual(['cedar']);
	expect(await host.order(orderFor({ owner: 'cedar', epoch: 2 }))).toEqual({ status: 'done', output: 'built', notes: [] });
	expect(runs).toHaveLength(1);
});

test('an order of a lower epoch than seen is refused, also after a restart', async () => {
	const { host, create, runs } = jobWorld();
	await host.order(orderFor({ epoch: 4 }));
	expect(await host.order(orderFor({ epoch: 3, token: 2 }))).toEqual({ status: 'refused', epoch: 4 });
	expect(await host.retire(orderFor().actor, 3, [])).toEqual({ status: 'refused', epoch: 4 });
	host.kill();
	expect(await create().order(orderFor({ epoch: 3, token: 2 }))).toEqual({ status: 'refused', epoch: 4 });
	expect(runs).toHaveLength(1);
});

test('an unknown effect and a wrong input fail without a retry', async () => {
	const { host, pushed, clock, runs } = jobWorld();
	await host.order(orderFor({ effect: 'juggle' }));
	await host.order(orderFor({ token: 2, input: { n: 'many' } }));
	await clock.advance(100_000);
	const results = pushed.map(({ completion }) => completion.result);
	expect(results).toMatchObject([
		{ error: { code: 'UNKNOWN_EFFECT' } },
		{ error: { code: 'BAD_REQUEST', message: expect.stringContaining('n:') } },
	]);
	expect(runs).toHaveLength(0);
});

test('a failure that may pass is tried again after each backoff, then told', async () => {
	const { host, runs, pushed, clock, seen } = jobWorld();
	await host.order(orderFor());
	for (const [tries, waitMs] of [1_000, 4_000, 16_000].entries()) {
		runs[tries]?.fail(new CoveyError('BUILD_FAILED', 'registry hung up'));
		await clock.advance(waitMs - 1);
		expect(runs).toHaveLength(tries + 1);
		await clock.advance(1);
		expect(runs).toHaveLength(tries + 2);
		expect(runs[tries + 1]?.context.attempt).toBe(tries + 2);
	}
	runs[3]?.fail(new Error('odd'));
	await clock.advance(10);
	expect(pushed[0]?.completion.result).toMatchObject({ status: 'failed', error: { code: 'EFFECT_FAILED', message: 'odd' } });
	expect(seen.filter((observation) => observation.type === 'jobRetry')).toHaveLength(3);
});

test('while the store takes no changes a job goes on trying for two minutes, and none of that counts as an attempt', async () => {
	const { host, runs, pushed, clock } = jobWorld();
	const away = new CoveyError('STORE_UNAVAILABLE', 'No voting host answers for the store.');
	await host.order(orderFor());
	for (let tries = 0; tries < 59; tries++) {
		runs[tries]?.fail(away);
		await clock.advance(2_000);
		expect(runs).toHaveLength(tries + 2);
	}
	expect(runs[59]?.context.attempt).toBe(1);
	runs[59]?.succeed('done');
	await clock.advance(10);
	expect(pushed[0]?.completion.result).toMatchObject({ status: 'done', output: 'done' });
});

test('a store that stays away is told in the end', async () => {
	const { host, runs, pushed, clock } = jobWorld();
	await host.order(orderFor());
	for (let tries = 0; pushed.length === 0 && tries < 100; tries++) {
		runs[tries]?.fail(new CoveyError('STORE_UNAVAILABLE', 'No voting host answers for the store.'));
		await clock.advance(20_000);
	}
	expect(runs.length).toBeGreaterThan(6);
	expect(pushed[0]?.completion.result).toMatchObject({ status: 'failed', error: { code: 'STORE_UNAVAILABLE' } });
});

test('a failure that will not pass is told at once', async () => {
	const { host, runs, pushed, clock } = jobWorld();
	await host.order(orderFor());
	runs[0]?.fail(Object.assign(new Error('write'), { code: 'ENOSPC' }));
	await clock.advance(1);
	expect(pushed[0]?.completion.result).toMatchObject({ error: { code: 'DISK_FULL' } });
});

test('an attempt beyond its time is aborted and tried again', async () => {
	const { host, runs, clock } = jobWorld();
	await host.order(orderFor());
	runs[0]?.context.signal.addEventListener('abort', () => runs[0]?.fail(new Error('aborted')));
	await clock.advance(60_000);
	expect(runs[0]?.context.signal.reason).toMatchObject({ code: 'EFFECT_TIMEOUT' });
	await clock.advance(1_000);
	expect(runs).toHaveLength(2);
});

test('an attempt that does not stop when its time is over is not tried again beside itself', async () => {
	const { host, runs, clock, pushed } = jobWorld();
	await host.order(orderFor());
	await clock.advance(200_000);
	expect(runs).toHaveLength(1);
	expect(pushed[0]?.completion.result).toMatchObject({ error: { code: 'EFFECT_TIMEOUT' } });
});

test('backoff and count of attempts survive a restart', async () => {
	const { host, create, runs, clock } = jobWorld();
	await host.order(orderFor());
	runs[0]?.fail(new CoveyError('BUILD_FAILED', 'no'));
	await clock.advance(400);
	host.kill();
	create().resume();
	await clock.advance(599);
	expect(runs).toHaveLength(1);
	await clock.advance(1);
	expect(runs[1]?.context.attempt).toBe(2);
});

test('a retired job is aborted and its result is told to nobody', async () => {
	const { host, runs, pushed, clock, journal } = jobWorld();
	await host.order(orderFor());
	await host.order(orderFor({ token: 2 }));
	const kept = orderFor({ token: 2 }).key;
	expect(await host.retire(orderFor().actor, 1, [kept], 2)).toEqual({ status: 'retired', aborted: [orderFor().key] });
	expect(runs[0]?.context.signal.aborted).toBe(true);
	expect(runs[1]?.context.signal.aborted).toBe(false);
	runs[0]?.succeed();
	await clock.advance(1_000);
	expect(pushed).toEqual([]);
	expect(journal.job(orderFor().key)?.state).toBe('aborted');
});

test('an order that comes after its retirement is not begun, one of a later step is', async () => {
	const { host, runs, create } = jobWorld();
	await host.retire(orderFor().actor, 1, [], 5);
	expect(await host.order(orderFor({ token: 5 }))).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
	host.kill();
	expect(await create().order(orderFor({ token: 4 }))).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
	const later = create();
	await later.order(orderFor({ token: 6 }));
	await later.retire(orderFor().actor, 1, [], 5);
	expect(runs.map((run) => run.context.signal.aborted)).toEqual([false]);
});

test('the next job of an actor waits until the one called off has stopped', async () => {
	const { host, runs, clock } = jobWorld();
	await host.order(orderFor());
	await host.retire(orderFor().actor, 1, [], 1);
	await host.order(orderFor({ token: 2 }));
	await clock.advance(5_000);
	expect(runs).toHaveLength(1);
	expect(host.list().find((job) => job.key.endsWith('/2'))?.waiting).toBe('earlierJob');
	runs[0]?.fail(new Error('stopped'));
	await clock.advance(0);
	expect(runs).toHaveLength(2);
});

test('after a restart a job runs again only when its record still wants it', async () => {
	const { host, create, runs, world, clock, journal, pushed } = jobWorld();
	await host.order(orderFor());
	host.kill();
	world.claim = new CoveyError('STORE_UNAVAILABLE', 'no leader');
	const second = create();
	second.resume();
	await clock.advance(10_000);
	expect(runs).toHaveLength(1);
	expect(second.list()[0]?.waiting).toBe('store');
	world.claim = { epoch: 3, owner: 'cedar' };
	await clock.advance(5_000);
	expect(runs[1]?.context).toMatchObject({ attempt: 1, epoch: 3 });
	runs[1]?.succeed();
	await clock.advance(1);
	expect(pushed[0]?.owner).toBe('cedar');
	second.kill();

	const other = jobWorld({ journal });
	await other.host.order(orderFor({ token: 9, epoch: 3 }));
	other.host.kill();
	other.world.claim = null;
	const third = other.create();
	third.resume();
	await other.clock.advance(10);
	expect(other.runs).toHaveLength(1);
	expect(journal.job(orderFor({ token: 9 }).key)?.state).toBe('aborted');
});

test('a job during which the process dies again and again is given up', async () => {
	const { host, create, world, clock, pushed, runs } = jobWorld();
	await host.order(orderFor());
	host.kill();
	for (let lives = 0; lives < 10; lives++) {
		const next = create();
		next.resume();
		await clock.advance(1);
		next.kill();
	}
	expect(runs).toHaveLength(11);
	world.knows = true;
	create().resume();
	await clock.advance(1);
	expect(runs).toHaveLength(11);
	expect(pushed[0]?.completion.result).toMatchObject({ error: { message: expect.stringContaining('10 times') } });
});

test('a result that was not delivered is delivered after a restart', async () => {
	const { host, create, world, clock, pushed, runs } = jobWorld();
	world.knows = false;
	await host.order(orderFor());
	runs[0]?.succeed('built');
	await clock.advance(1);
	host.kill();
	world.knows = true;
	create().resume();
	await clock.advance(1);
	expect(pushed.at(-1)?.completion.result).toMatchObject({ status: 'done', output: 'built' });
});

test('a result whose owner is gone finds the new owner through the record, or ends when nobody wants it', async () => {
	const { host, world, clock, pushed, runs, journal } = jobWorld();
	world.knows = new CoveyError('HOST_UNREACHABLE', 'dead');
	world.claim = { epoch: 2, owner: 'cedar' };
	await host.order(orderFor());
	runs[0]?.succeed();
	await clock.advance(10_000);
	expect(pushed.slice(0, 4).map((message) => message.owner)).toEqual(['alder', 'alder', 'alder', 'cedar']);
	world.claim = null;
	await clock.advance(60_000);
	expect(journal.undelivered()).toEqual([]);
});

test('a host that was frozen asks again for its jobs and drops those that went on without it', async () => {
	const { host, world, clock, runs, seen, journal } = jobWorld();
	await host.order(orderFor());
	await clock.advance(30_000);
	expect(world.asked).toBe(0);
	world.claim = null;
	clock.freeze(10_000);
	await clock.advance(500);
	expect(seen).toContainEqual(expect.objectContaining({ type: 'hostFroze' }));
	expect(runs[0]?.context.signal.aborted).toBe(true);
	expect(journal.job(orderFor().key)?.state).toBe('aborted');
});

test('a host that was frozen during a backoff begins no attempt before it has asked', async () => {
	const { host, world, clock, runs } = jobWorld();
	await host.order(orderFor());
	runs[0]?.fail(new CoveyError('BUILD_FAILED', 'no'));
	await settled();
	world.claim = new CoveyError('STORE_UNAVAILABLE', 'no leader');
	clock.freeze(20_000);
	await clock.advance(3_000);
	expect(runs).toHaveLength(1);
	world.claim = { epoch: 1, owner: 'alder' };
	await clock.advance(5_000);
	expect(runs).toHaveLength(2);
});

test('progress is passed on five times a second at most, the last one always', async () => {
	const { host, runs, clock, progress } = jobWorld();
	await host.order(orderFor());
	for (let percent = 0; percent < 100; percent++) {
		runs[0]?.context.progress({ step: 'copying', percent });
		await clock.advance(10);
	}
	runs[0]?.context.progress({ step: 'copying', percent: 100 });
	runs[0]?.succeed();
	await settled();
	expect(progress.length).toBeLessThanOrEqual(7);
	expect(progress.at(-1)?.progress.percent).toBe(100);
});

test('notes are bounded, redacted and part of the result', async () => {
	const { host, runs, pushed } = jobWorld({ parts: { redact: (text) => text.replace('hunter2', '***') } });
	await host.order(orderFor());
	for (let number = 0; number < 300; number++)
		runs[0]?.context.note({ kind: 'run', text: `step ${number} with hunter2 ${'x'.repeat(100)}` });
	runs[0]?.fail(new CoveyError('START_FAILED', 'password hunter2 refused'));
	await settled();
	const result = pushed[0]?.completion.result;
	expect(Buffer.byteLength(JSON.stringify(result?.notes))).toBeLessThan(8 * 1024);
	expect(JSON.stringify(result)).not.toContain('hunter2');
	expect(result?.notes[0]?.text).toContain('left out');
	expect(result?.notes.at(-1)?.text).toContain('step 299');
});

test('a drained host takes no jobs, and its jobs go on at the next start without being counted as interrupted', async () => {
	const { host, create, runs, clock, journal } = jobWorld();
	await host.order(orderFor());
	runs[0]?.context.signal.addEventListener('abort', () => runs[0]?.fail(new Error('stopped')));
	await host.drain();
	await expect(host.order(orderFor({ token: 2 }))).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
	create().resume();
	await clock.advance(1);
	expect(runs).toHaveLength(2);
	expect(journal.job(orderFor().key)).toMatchObject({ state: 'running', interrupted: 0 });
});

test('a killed host writes and tells nothing any more', async () => {
	const { host, runs, clock, pushed, progress, journal } = jobWorld();
	await host.order(orderFor());
	host.kill();
	runs[0]?.context.progress({ step: 'zombie' });
	runs[0]?.succeed();
	await clock.advance(100_000);
	expect(pushed).toEqual([]);
	expect(progress).toEqual([]);
	expect(journal.job(orderFor().key)?.state).toBe('running');
});

test('a job is not begun when the journal cannot be written, and a result waits for the disk', async () => {
	const inner = memoryJournal();
	let full = true;
	const journal = {
		...inner,
		write(change: Parameters<typeof inner.write>[0]) {
			if (full) throw new CoveyError('DISK_FULL', 'no space left');
			inner.write(change);
		},
	};
	const { host, runs, clock, pushed } = jobWorld({ journal });
	expect(await host.order(orderFor())).toMatchObject({ status: 'failed', error: { code: 'DISK_FULL' } });
	expect(runs).toHaveLength(0);
	full = false;
	await host.order(orderFor());
	full = true;
	runs[0]?.succeed('built');
	await clock.advance(100);
	expect(pushed).toHaveLength(1);
	expect(inner.job(orderFor().key)?.state).toBe('running');
	expect(await host.order(orderFor())).toMatchObject({ status: 'done' });
	full = false;
	await clock.advance(5_000);
	expect(inner.job(orderFor().key)).toMatchObject({ state: 'done', acked: true });
});
