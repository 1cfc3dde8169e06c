// A host process that is killed leaves its apps running; the next one takes them up, once (V7).
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { HostPlan } from '../../../../actors/drivers/plan.ts';
import { readProc, scanProcs, startVariable } from '../../../../actors/drivers/process/proc.ts';
import { openProcessDriver } from '../../../../actors/drivers/process/process-driver.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { freePorts } from '../../../helpers/free-ports.ts';
import { temporaryFolder } from '../../../helpers/temporary-folder.ts';
import { isServing, planOf, reporter, smallApp, visit } from '../fixture.ts';

const HOST = fileURLToPath(new URL('../host-process.ts', import.meta.url));
const LIMIT = { timeout: 90_000 };

/** Ends the process at the moment it prints `word`. */
async function runAndKill(data: string, plan: HostPlan, word: string): Promise<void> {
	const child = spawn(process.execPath, [HOST, data, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] });
	try {
		await said(child, word);
	} finally {
		child.kill('SIGKILL');
		await new Promise((resolve) =>
			child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve(null),
		);
	}
}

function said(child: ChildProcess, word: string): Promise<void> {
	return new Promise((resolve, reject) => {
		let text = '';
		for (const stream of [child.stdout, child.stderr]) {
			stream?.on('data', (chunk: Buffer) => {
				text += chunk;
				if (text.includes(word)) resolve();
			});
		}
		// Before the test's own limit, so that the process is ended and leaves nothing behind.
		setTimeout(() => reject(new Error(`the host process did not say ${word} in 60 s: ${text}`)), 60_000).unref();
		child.once('exit', () => reject(new Error(`the host process ended before it said ${word}: ${text}`)));
	});
}

async function openBed(data: string) {
	const driver = await openProcessDriver({ data, timing: { watchMs: 50, backoffMs: [50] } });
	return { driver, [Symbol.asyncDispose]: () => driver.shutdown() };
}

const processesOf = (app: string, data: string): number[] =>
	scanProcs()
		.map(({ pid }) => pid)
		.filter((pid) => startVariable(pid, 'DATA') === join(data, 'apps', app, 'data'));

test('apps survive a kill -9 of their host process, are adopted as they are, and are watched again', LIMIT, async () => {
	await using folder = await temporaryFolder();
	const [port] = await freePorts(1);
	const plan = planOf(smallApp('one', port));
	await runAndKill(folder.path, plan, 'ready');
	const before = await visit(port);
	await using bed = await openBed(folder.path);
	expect(await bed.driver.adoptOrphans(plan)).toEqual({ kept: ['one'], ended: [] });
	await bed.driver.waitHealthy('one', reporter());
	expect((await visit(port)).pid).toBe(before.pid);
	const { generation } = await bed.driver.build(plan, reporter());
	await bed.driver.activate(generation, plan, reporter());
	expect((await visit(port)).pid).toBe(before.pid);
	process.kill(before.pid, 'SIGKILL');
	const after = await eventually('it runs again', async () => ((await isServing(port)) ? visit(port) : null));
	expect(after.pid).not.toBe(before.pid);
	expect(processesOf('one', folder.path)).toEqual([after.pid]);
});

test('lines an app writes while nobody is there are in its log', LIMIT, async () => {
	await using folder = await temporaryFolder();
	const [port] = await freePorts(1);
	const plan = planOf(smallApp('one', port));
	await runAndKill(folder.path, plan, 'ready');
	await fetch(`http://127.0.0.1:${port}/say/alone`);
	await using bed = await openBed(folder.path);
	await bed.driver.adoptOrphans(plan);
	expect((await bed.driver.logs('one', { lines: 10, search: 'alone' })).length).toBe(1);
});

test('what the plan does not want any more, or wants otherwise, is ended', LIMIT, async () => {
	await using folder = await temporaryFolder();
	const [a, b, c, d] = (await freePorts(4)) as [number, number, number, number];
	await runAndKill(
		folder.path,
		planOf(smallApp('kept', a), smallApp('gone', b), smallApp('changed', c), smallApp('stopped', d)),
		'ready',
	);
	const plan = planOf(
		smallApp('kept', a),
		smallApp('changed', c, { env: { LABEL: 'new' } }),
		smallApp('stopped', d, { desired: 'stopped' }),
	);
	await using bed = await openBed(folder.path);
	const { kept, ended } = await bed.driver.adoptOrphans(plan);
	expect({ kept, ended: ended.sort() }).toEqual({ kept: ['kept'], ended: ['changed', 'gone', 'stopped'] });
	for (const port of [b, c, d]) expect(await isServing(port)).toBe(false);
	expect(await isServing(a)).toBe(true);
});

test('without a plan to ask for, apps of the current generation go on and nothing is started', LIMIT, async () => {
	await using folder = await temporaryFolder();
	const [a, b] = (await freePorts(2)) as [number, number];
	await runAndKill(folder.path, planOf(smallApp('one', a), smallApp('asleep', b, { desired: 'running' })), 'ready');
	const { pid } = await visit(b);
	process.kill(pid, 'SIGKILL');
	await eventually('it is gone', () => readProc(pid) === null);
	await using bed = await openBed(folder.path);
	expect((await bed.driver.adoptOrphans(null)).kept).toEqual(['one']);
	expect(await isServing(a)).toBe(true);
	expect(await isServing(b)).toBe(false);
});

test('a process that was started right before the kill, and has no record, is found and never doubled', LIMIT, async () => {
	await using folder = await temporaryFolder();
	const [port] = await freePorts(1);
	const plan = planOf(smallApp('one', port));
	await runAndKill(folder.path, plan, 'ready');
	const { pid } = await visit(port);
	rmSync(join(folder.path, 'units', 'one.json'));
	await using bed = await openBed(folder.path);
	expect(await bed.driver.adoptOrphans(plan)).toEqual({ kept: [], ended: ['one'] });
	expect(readProc(pid)).toBeNull();
	const { generation } = await bed.driver.build(plan, reporter());
	await bed.driver.activate(generation, plan, reporter());
	await bed.driver.waitHealthy('one', reporter());
	expect(processesOf('one', folder.path)).toEqual([(await visit(port)).pid]);
});

test('a record whose process id belongs to somebody else by now harms nobody', LIMIT, async () => {
	await using folder = await temporaryFolder();
	const [port] = await freePorts(1);
	const plan = planOf(smallApp('one', port));
	await runAndKill(folder.path, plan, 'ready');
	const { pid } = await visit(port);
	const stranger = spawn('sleep', ['60'], { detached: true });
	try {
		const path = join(folder.path, 'units', 'one.json');
		writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), pid: stranger.pid }));
		await using bed = await openBed(folder.path);
		await bed.driver.adoptOrphans(plan);
		expect(readProc(pid)).toBeNull();
		expect(readProc(stranger.pid ?? 0)).not.toBeNull();
	} finally {
		stranger.kill('SIGKILL');
	}
});

test(
	'a kill at any moment of an activation leaves at most one process, and the next start makes it exactly one',
	LIMIT,
	async () => {
		await using folder = await temporaryFolder();
		const [port] = await freePorts(1);
		for (const [round, word] of ['built', 'activated', 'ready', 'built', 'activated'].entries()) {
			const plan = planOf(smallApp('one', port, { env: { LABEL: String(round) } }));
			await runAndKill(folder.path, plan, word);
			expect(processesOf('one', folder.path).length).toBeLessThanOrEqual(1);
		}
		const plan = planOf(smallApp('one', port, { env: { LABEL: 'last' } }));
		await using bed = await openBed(folder.path);
		await bed.driver.adoptOrphans(plan);
		const { generation } = await bed.driver.build(plan, reporter());
		await bed.driver.activate(generation, plan, reporter());
		await bed.driver.waitHealthy('one', reporter());
		expect((await visit(port)).label).toBe('last');
		expect(processesOf('one', folder.path).length).toBe(1);
	},
);
