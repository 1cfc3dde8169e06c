// Crash loops, busy ports, lost data, full disks: what the process driver does when things go wrong.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HostPlan } from '../../../../actors/drivers/plan.ts';
import { openProcessDriver, type ProcessDriverOptions } from '../../../../actors/drivers/process/process-driver.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { freePorts } from '../../../helpers/free-ports.ts';
import { temporaryFolder } from '../../../helpers/temporary-folder.ts';
import { isServing, packSmallApp, planOf, reporter, smallApp, visit } from '../fixture.ts';

const LIMIT = { timeout: 60_000 };
const QUICK = { backoffMs: [10], watchMs: 50 };

async function bed(options: Partial<ProcessDriverOptions> = {}) {
	const folder = await temporaryFolder();
	const data = options.data ?? folder.path;
	const driver = await openProcessDriver({ timing: QUICK, ...options, data });
	return {
		driver,
		data,
		async bring(plan: HostPlan) {
			const outcome = await driver.build(plan, reporter());
			await driver.activate(outcome.generation, plan, reporter());
			return outcome;
		},
		async state(instance: string) {
			return (await driver.units()).find((unit) => unit.instance === instance)?.status;
		},
		async [Symbol.asyncDispose]() {
			await driver.shutdown();
			await folder[Symbol.asyncDispose]();
		},
	};
}

test('an app that crashes five times is given up with the reason, rests, and is tried again by itself', LIMIT, async () => {
	await using at = await bed({ timing: { ...QUICK, selfHealMs: 1_500 } });
	const [port] = await freePorts(1);
	await at.bring(planOf(smallApp('one', port, { env: { CRASH_AT_START: 'yes' } })));
	const failure = await at.driver.waitHealthy('one', reporter()).catch((error: unknown) => error);
	expect(failure).toMatchObject({ code: 'START_FAILED', message: 'one ended with exit code 3.' });
	expect(JSON.stringify(failure)).toContain('crashing as I was told');
	expect(readFileSync(join(at.data, 'apps/one/data/starts'), 'utf8').trim().split('\n').length).toBe(5);
	writeFileSync(join(at.data, 'apps/one/data/cured'), '');
	await eventually('it is tried again and runs', async () => (await at.state('one'))?.state === 'running');
});

test('an app that stays unhealthy is started anew', LIMIT, async () => {
	await using at = await bed({ timing: { ...QUICK, unhealthyRestartMs: 300 } });
	const [port] = await freePorts(1);
	await at.bring(planOf(smallApp('one', port)));
	await at.driver.waitHealthy('one', reporter());
	const { pid } = await visit(port);
	await fetch(`http://127.0.0.1:${port}/sick`);
	await eventually(
		'another process is healthy',
		async () => (await isServing(port)) && (await visit(port).catch(() => ({ pid }))).pid !== pid,
	);
});

test('an app ignores SIGTERM: it is ended by SIGKILL after its stop timeout, with its children', LIMIT, async () => {
	await using at = await bed();
	const script = "trap '' TERM; setsid sleep 300 & sleep 300 & echo up; while :; do sleep 1; done";
	const app = smallApp('stubborn', 1, {
		source: { type: 'binary', program: 'sh' },
		command: ['${program}', '-c', script],
		ports: [],
		health: null,
		stopTimeoutMs: 400,
	});
	await at.bring(planOf({ ...app, env: {} }));
	await eventually('it is up', async () => (await at.driver.logs('stubborn', { lines: 5 })).some(({ line }) => line === 'up'));
	await at.driver.stop('stubborn');
	expect(await at.state('stubborn')).toEqual({ state: 'stopped' });
	const next = await openProcessDriver({ data: at.data });
	expect(await next.adoptOrphans(null)).toEqual({ kept: [], ended: [] });
	await next.shutdown();
});

test('a port that is given back only a moment after its program has ended is waited for', LIMIT, async () => {
	await using at = await bed();
	const [port] = await freePorts(1);
	const ending = createServer();
	await new Promise<void>((resolve) => ending.listen(port, '127.0.0.1', resolve));
	setTimeout(() => ending.close(), 400);
	await at.bring(planOf(smallApp('one', port)));
	await at.driver.waitHealthy('one', reporter());
});

test('a port that another program uses is named with a free one, and the app starts once it is free', LIMIT, async () => {
	await using at = await bed();
	const [port] = await freePorts(1);
	const other = createServer();
	await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
	await at.bring(planOf(smallApp('one', port)));
	const failure = await at.driver.waitHealthy('one', reporter()).catch((error: unknown) => error);
	expect(failure).toMatchObject({ code: 'PORT_IN_USE', details: { port } });
	expect((failure as { details: { free: number } }).details.free).toBeGreaterThan(port);
	await new Promise((resolve) => other.close(resolve));
	await at.driver.start('one');
	await at.driver.waitHealthy('one', reporter());
});

test('an app that had data is not started on a missing or an empty folder (V9)', LIMIT, async () => {
	await using at = await bed({ timing: { ...QUICK, crashLimit: 1 } });
	const [port] = await freePorts(1);
	await at.bring(planOf(smallApp('one', port)));
	await at.driver.waitHealthy('one', reporter());
	await at.driver.stop('one');
	const volume = join(at.data, 'apps/one/data');
	renameSync(volume, `${volume}-away`);
	await expect(at.driver.start('one')).rejects.toMatchObject({ code: 'NEVER_EMPTY', details: { state: 'missing' } });
	mkdirSync(volume);
	await expect(at.driver.start('one')).rejects.toMatchObject({ code: 'NEVER_EMPTY', details: { state: 'empty' } });
	expect(readdirSync(volume)).toEqual([]);
	rmSync(volume, { recursive: true });
	renameSync(`${volume}-away`, volume);
	await at.driver.start('one');
	await at.driver.waitHealthy('one', reporter());
});

test(
	'the plan knows the data better than the disk: a lost, another or an older copy is not started, until a person says so (V9)',
	LIMIT,
	async () => {
		await using at = await bed({ timing: { ...QUICK, crashLimit: 1 } });
		const [port] = await freePorts(1);
		const plan = planOf(smallApp('one', port));
		await at.bring(plan);
		await at.driver.waitHealthy('one', reporter());
		const home = join(at.data, 'apps/one');
		const early = await at.driver.markData('one');
		cpSync(home, `${home}-early`, { recursive: true });
		const late = await at.driver.markData('one');
		expect(late).toEqual({ id: early?.id, epoch: (early?.epoch ?? 0) + 1 });
		await at.driver.stop('one');
		const known = planOf(smallApp('one', port, { data: late as NonNullable<typeof late> }));
		const refusal = async () => {
			await at.bring(known);
			const failure = await at.driver.waitHealthy('one', reporter()).catch((thrown: unknown) => thrown);
			await at.driver.stop('one');
			return failure;
		};
		renameSync(home, `${home}-away`);
		expect(await refusal()).toMatchObject({ code: 'NEVER_EMPTY', details: { state: 'missing' } });
		expect(existsSync(home)).toBe(false);
		renameSync(`${home}-early`, home);
		expect(await refusal()).toMatchObject({ code: 'NEVER_EMPTY', details: { state: 'older' } });
		await at.bring(planOf(smallApp('one', port, { data: { id: 'some other copy', epoch: 0 }, desired: 'stopped' })));
		await expect(at.driver.start('one')).rejects.toMatchObject({ code: 'NEVER_EMPTY', details: { state: 'other' } });
		await at.driver.stop('one');
		rmSync(home, { recursive: true });
		renameSync(`${home}-away`, home);
		await at.bring(known);
		await at.driver.waitHealthy('one', reporter());
		expect((await visit(port)).visits).toBeGreaterThan(0);
		await at.driver.stop('one');
		rmSync(join(home, 'data'), { recursive: true });
		expect(await refusal()).toMatchObject({ code: 'NEVER_EMPTY' });
		await at.driver.acceptData('one');
		await at.bring(plan);
		await at.driver.waitHealthy('one', reporter());
		expect((await at.driver.markData('one'))?.id).not.toBe(late?.id);
	},
);

test('removed data is in the trash, whole, and a new instance of the name begins anew', LIMIT, async () => {
	await using at = await bed();
	const [port] = await freePorts(1);
	const plan = planOf(smallApp('one', port));
	await at.bring(plan);
	await at.driver.waitHealthy('one', reporter());
	await visit(port);
	expect(await at.driver.identity('one')).toMatchObject({
		instance: 'one',
		app: 'small-app',
		volumes: { data: { proven: true } },
	});
	await expect(at.driver.removeData('one')).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
	await at.bring(planOf());
	const trash = await at.driver.removeData('one');
	expect(readFileSync(join(trash ?? '', 'data/visits'), 'utf8')).toBe('1');
	expect(await at.driver.removeData('one')).toBeNull();
	await at.bring(plan);
	await at.driver.waitHealthy('one', reporter());
	expect((await visit(port)).visits).toBe(1);
});

test('data kept under a name is not given to another app of that name', LIMIT, async () => {
	await using at = await bed();
	const [port] = await freePorts(1);
	await at.bring(planOf(smallApp('notes', port)));
	await at.driver.waitHealthy('notes', reporter());
	await at.bring(planOf());
	await at.bring(planOf(smallApp('notes', port, { app: 'other-app' })));
	await expect(at.driver.waitHealthy('notes', reporter())).rejects.toMatchObject({ code: 'NAME_TAKEN' });
});

test('an app sees a clean environment and nothing of its host process', LIMIT, async () => {
	await using at = await bed();
	const [port] = await freePorts(1);
	process.env['COVEY_SECRET_OF_TEST'] = 'hidden';
	try {
		await at.bring(planOf(smallApp('one', port)));
	} finally {
		delete process.env['COVEY_SECRET_OF_TEST'];
	}
	await at.driver.waitHealthy('one', reporter());
	expect((await visit(port)).env).toEqual(['BIND', 'COVEY_UNIT', 'DATA', 'HOME', 'LANG', 'PATH', 'PORT', 'TZ']);
});

test('logs are rotated, bounded, and readable across their parts while the app goes on writing', LIMIT, async () => {
	await using at = await bed({ logLimits: { bytes: 4_000, parts: 2 } });
	const [port] = await freePorts(1);
	await at.bring(planOf(smallApp('one', port)));
	await at.driver.waitHealthy('one', reporter());
	const word = 'x'.repeat(500);
	for (let index = 0; index < 40; index++) {
		await fetch(`http://127.0.0.1:${port}/say/${index}-${word}`);
		await at.driver.logs('one', { lines: 1 });
	}
	expect(
		readdirSync(join(at.data, 'logs'))
			.filter((name) => !name.endsWith('.times'))
			.sort(),
	).toEqual(['one.log', 'one.log.1', 'one.log.2']);
	const lines = await at.driver.logs('one', { lines: 12 });
	expect(lines.map(({ line }) => Number(line.split('-')[0]))).toEqual(Array.from({ length: 12 }, (_, index) => index + 28));
});

test('a flood of lines is told at a bounded rate and says how much was left out', LIMIT, async () => {
	await using at = await bed();
	const told: string[] = [];
	at.driver.onLog((_instance, { line }) => told.push(line));
	const app = smallApp('loud', 1, {
		source: { type: 'binary', program: 'sh' },
		command: ['${program}', '-c', 'seq 1 5000; sleep 2; echo end; sleep 300'],
		ports: [],
		health: null,
		stopTimeoutMs: 100,
	});
	await at.bring(planOf({ ...app, env: {} }));
	await eventually('the end is told', () => told.includes('end'));
	expect(told.some((line) => /^… \d+ lines dropped$/.test(line))).toBe(true);
	expect(told.length).toBeLessThan(1_500);
});

test('old generations and store entries that none of the last five needs are removed, data is not', LIMIT, async () => {
	await using at = await bed();
	const [port] = await freePorts(1);
	for (let index = 0; index < 8; index++)
		await at.driver.build(planOf(smallApp('one', port, { env: { LABEL: String(index) } })), reporter());
	mkdirSync(join(at.data, 'store/dead'));
	mkdirSync(join(at.data, 'apps/forgotten'));
	await at.driver.collectGarbage(planOf());
	expect((await at.driver.generations()).map(({ number }) => number)).toEqual([4, 5, 6, 7, 8]);
	expect(existsSync(join(at.data, 'store/dead'))).toBe(false);
	expect(existsSync(join(at.data, 'apps/forgotten'))).toBe(true);
});

test('with a full disk a build says so, and what runs goes on', LIMIT, async ({ skip }) => {
	await using folder = await temporaryFolder();
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder.path], { stdio: 'pipe' });
	} catch (error) {
		if (process.env['CI'] === 'true') throw error;
		return skip('a small file system can be mounted by root only');
	}
	try {
		await using sources = await temporaryFolder();
		const tarball = packSmallApp(sources.path, 'true', 6_000_000);
		await using at = await bed({ data: folder.path, npmSpec: () => `file:${tarball}` });
		const [port] = await freePorts(1);
		const plan = planOf(smallApp('one', port));
		const { generation } = await at.bring(plan);
		await at.driver.waitHealthy('one', reporter());
		const npm = smallApp('big', port + 1, { source: { type: 'npm', package: 'small-app', version: '1.0.0' } });
		const big = await at.driver.build(planOf(smallApp('one', port), npm), reporter());
		expect(big.failed).toMatchObject({ big: { code: 'DISK_FULL' } });
		expect(big.generation).toEqual(generation);
		expect(readdirSync(join(folder.path, 'building'))).toEqual([]);
		fill(join(folder.path, 'filler'));
		const changed = planOf(smallApp('one', port, { env: { LABEL: 'never' } }));
		await expect(at.driver.build(changed, reporter())).rejects.toMatchObject({ code: 'DISK_FULL' });
		expect(await at.driver.current()).toEqual(generation);
		expect((await at.driver.generations()).length).toBe(1);
		expect(await isServing(port)).toBe(true);
		rmSync(join(folder.path, 'filler'));
		await at.bring(changed);
		await at.driver.waitHealthy('one', reporter());
	} finally {
		execFileSync('umount', ['-l', folder.path]);
	}
});

function fill(path: string): void {
	for (const size of [65_536, 4_096, 1]) {
		try {
			for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
		}
	}
}
