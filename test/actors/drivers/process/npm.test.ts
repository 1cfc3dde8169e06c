// Installing npm packages for real: from the registry, and from a package made here.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { npmFailure } from '../../../../actors/drivers/process/npm.ts';
import { npmEnvironment } from '../../../../actors/drivers/process/npm-environment.ts';
import { readProc } from '../../../../actors/drivers/process/proc.ts';
import { openProcessDriver } from '../../../../actors/drivers/process/process-driver.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { freePorts } from '../../../helpers/free-ports.ts';
import { temporaryFolder } from '../../../helpers/temporary-folder.ts';
import { packSmallApp, planOf, reporter, smallApp, visit } from '../fixture.ts';

const LIMIT = { timeout: 120_000 };

const npmApp = (instance: string, port: number, version = '1.0.0') =>
	smallApp(instance, port, {
		source: { type: 'npm', package: 'small-app', version },
		command: ['${node}', '${package}/small-app.mjs'],
	});

test(
	'a package is installed once for all instances, its scripts see our Node first, and it runs from the store',
	LIMIT,
	async () => {
		await using folder = await temporaryFolder();
		const tarball = packSmallApp(folder.path, 'command -v node > which-node');
		const driver = await openProcessDriver({ data: join(folder.path, 'data'), npmSpec: () => `file:${tarball}` });
		try {
			const [a, b] = (await freePorts(2)) as [number, number];
			const plan = planOf(npmApp('one', a), npmApp('two', b));
			const told = reporter();
			const { generation, failed } = await driver.build(plan, told);
			expect(failed).toEqual({});
			await driver.activate(generation, plan, reporter());
			await driver.waitHealthy('one', reporter());
			await driver.waitHealthy('two', reporter());
			expect((await visit(b)).visits).toBe(1);
			expect(told.notes.filter((note) => note.startsWith('npm install')).length).toBe(1);
			const store = join(folder.path, 'data/store');
			const [entry = ''] = readdirSync(store);
			expect(readdirSync(store)).toEqual([entry]);
			expect(readFileSync(join(store, entry, 'node_modules/small-app/which-node'), 'utf8').trim()).toBe(process.execPath);
		} finally {
			await driver.shutdown();
		}
	},
);

test('a cancelled installation ends at once and leaves nothing behind', LIMIT, async () => {
	await using folder = await temporaryFolder();
	const data = join(folder.path, 'data');
	const tarball = packSmallApp(folder.path, 'echo script runs; sleep 300');
	const driver = await openProcessDriver({ data, npmSpec: () => `file:${tarball}` });
	const cancel = new AbortController();
	const report = {
		...reporter(cancel.signal),
		progress: ({ line }: { line?: string }) => line?.includes('script runs') && cancel.abort(),
	};
	await expect(
		driver.build(planOf(npmApp('one', 1)), { ...report, progress: (progress) => void report.progress(progress) }),
	).rejects.toMatchObject({ code: 'CANCELLED' });
	expect(readdirSync(join(data, 'building'))).toEqual([]);
	expect(readdirSync(join(data, 'store'))).toEqual([]);
	await driver.shutdown();
});

test(
	'an installation that was under way when the host process was killed is ended and swept away at the next start',
	LIMIT,
	async () => {
		await using folder = await temporaryFolder();
		const data = join(folder.path, 'data');
		const tarball = packSmallApp(folder.path, 'echo $$ > ../../../script-pid; sleep 300');
		const code = `
		import { openProcessDriver } from ${JSON.stringify(new URL('../../../../actors/drivers/process/process-driver.ts', import.meta.url).href)};
		const driver = await openProcessDriver({ data: ${JSON.stringify(data)}, npmSpec: () => ${JSON.stringify(`file:${tarball}`)} });
		const report = { signal: new AbortController().signal, progress() {}, note() {} };
		await driver.build(${JSON.stringify(planOf(npmApp('one', 1)))}, report);`;
		const host = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], { stdio: 'inherit' });
		const building = join(data, 'building');
		const pidFile = join(building, 'script-pid');
		const pid = await eventually('the install script runs', () => readText(pidFile), 60_000);
		host.kill('SIGKILL');
		const driver = await openProcessDriver({ data });
		expect(readdirSync(building)).toEqual([]);
		expect(readProc(Number(pid))).toBeNull();
		await driver.shutdown();
	},
);

function readText(path: string): string {
	try {
		return readFileSync(path, 'utf8').trim();
	} catch {
		return '';
	}
}

test('a real package is installed from the registry at its exact version, with believable progress', LIMIT, async () => {
	await using folder = await temporaryFolder();
	const driver = await openProcessDriver({ data: folder.path });
	const told = reporter();
	const percents: number[] = [];
	const report = {
		...told,
		progress: (progress: { percent?: number }) => void (progress.percent !== undefined && percents.push(progress.percent)),
	};
	const app = smallApp('served', 1, {
		source: { type: 'npm', package: 'http-server', version: '14.1.1' },
		command: ['${node}', '${package}/bin/http-server'],
	});
	const { failed, generation } = await driver.build(planOf(app), report);
	expect(failed).toEqual({});
	expect(generation.instances).toEqual(['served']);
	expect(percents.length).toBeGreaterThan(0);
	expect(percents).toEqual([...percents].sort((a, b) => a - b));
	const [entry = ''] = readdirSync(join(folder.path, 'store'));
	expect(
		JSON.parse(readFileSync(join(folder.path, 'store', entry, 'node_modules/http-server/package.json'), 'utf8')),
	).toMatchObject({ version: '14.1.1' });
	await driver.shutdown();
});

test('a package or a version that does not exist is said so, and is not worth a retry', LIMIT, async () => {
	await using folder = await temporaryFolder();
	const driver = await openProcessDriver({ data: folder.path });
	const { failed } = await driver.build(
		planOf(
			smallApp('a', 1, { source: { type: 'npm', package: '@covey-test/does-not-exist', version: '1.0.0' } }),
			smallApp('b', 2, { source: { type: 'npm', package: 'http-server', version: '99.0.0' } }),
			smallApp('c', 3, { source: { type: 'npm', package: 'http-server', version: 'file:/etc' } }),
		),
		reporter(),
	);
	expect(failed).toMatchObject({
		a: { code: 'PACKAGE_NOT_FOUND' },
		b: { code: 'PACKAGE_NOT_FOUND' },
		c: { code: 'BAD_CATALOG' },
	});
	expect(failed['b']?.message).toContain('http-server@99.0.0');
	await driver.shutdown();
});

test('what npm says is sorted by what a person can do', () => {
	const said = (...lines: string[]) => npmFailure('thing@1.0.0', { status: 'failed', exit: 'exit code 1', lines }).code;
	expect(said('npm error code E404', 'npm error 404 Not Found')).toBe('PACKAGE_NOT_FOUND');
	expect(said('npm error code ETARGET')).toBe('PACKAGE_NOT_FOUND');
	expect(said('npm error code ENOSPC')).toBe('DISK_FULL');
	expect(said('npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write', 'npm error code 1')).toBe('DISK_FULL');
	expect(said('npm error code EAI_AGAIN')).toBe('BUILD_FAILED');
	expect(said('npm error code 1', 'npm error command failed')).toBe('BUILD_FAILED');
	expect(npmFailure('thing@1.0.0', { status: 'cancelled', lines: [] }).code).toBe('CANCELLED');
});

test("npm gets the person's settings, but none that an outer npm set for itself", () => {
	const { env } = npmEnvironment(
		{
			PATH: '/usr/bin',
			npm_config_registry: 'r',
			npm_config_local_prefix: '/x',
			npm_package_name: 'covey',
			NODE_ENV: 'test',
			HOME: '/h',
		},
		'/opt/node/bin/node',
	);
	expect(env).toEqual({ PATH: '/opt/node/bin:/usr/bin', npm_config_registry: 'r', HOME: '/h' });
});
