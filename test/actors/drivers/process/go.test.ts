// Programs built of Go modules, for real, from a module proxy in a folder.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { findGo } from '../../../../actors/drivers/process/go.ts';
import { goFailure } from '../../../../actors/drivers/process/go-failure.ts';
import { newestOfGo } from '../../../../actors/drivers/process/go-newest.ts';
import { openProcessDriver } from '../../../../actors/drivers/process/process-driver.ts';
import { writeGoModule } from '../../../helpers/go-proxy.ts';
import { temporaryFolder } from '../../../helpers/temporary-folder.ts';
import { planOf, reporter, smallApp } from '../fixture.ts';

const failed = (...lines: string[]) =>
	goFailure('example.test/hello@1.0.0', { status: 'failed', exit: 'exit code 1', lines }, 60_000);

test.each([
	['PACKAGE_NOT_FOUND', 'go: example.test/hello@v1.0.0: reading https://proxy.golang.org/…: 404 Not Found'],
	['PACKAGE_NOT_FOUND', 'go.mod:5: require example.test/hello: version "v9.9.9" invalid: should be v0 or v1, not v9'],
	['PACKAGE_NOT_FOUND', 'go: module example.test/hello@v1.0.0 found, but does not contain package example.test/hello/cmd'],
	[
		'BUILD_FAILED',
		'go: example.test/hello@v1.0.0: Get "https://proxy.golang.org/…": dial tcp: lookup proxy.golang.org: no such host',
	],
	['BUILD_FAILED', 'verifying example.test/hello@v1.0.0: checksum mismatch'],
	['MISSING_PROGRAM', 'go: example.test/hello@v1.0.0 requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)'],
	['DISK_FULL', 'write $WORK/b001/_pkg_.a: no space left on device'],
	['BUILD_FAILED', './main.go:3:2: undefined: x'],
])('%s is told of: %s', (code, line) => {
	expect(failed('go: downloading example.test/hello v1.0.0', line)).toMatchObject({ code });
});

test('a host without Go is told so, and how to get it', async () => {
	await expect(findGo('/nowhere', [])).rejects.toMatchObject({
		code: 'MISSING_PROGRAM',
		message: expect.stringContaining('https://go.dev/dl'),
	});
});

const go = await findGo().catch(() => null);

describe.skipIf(go === null && process.env['CI'] !== 'true')('with Go (https://go.dev/dl)', async () => {
	const folder = await temporaryFolder();
	const proxy = join(folder.path, 'proxy');
	const LIMIT = { timeout: 180_000 };
	vi.stubEnv('GOPROXY', `file://${proxy}`);
	vi.stubEnv('GOSUMDB', 'off');
	vi.stubEnv('GOPATH', join(folder.path, 'go'));
	vi.stubEnv('GOFLAGS', '-mod=vendor');
	writeGoModule(proxy, 'example.test/hello', '1.0.0', {
		'go.mod': 'module example.test/hello\n\ngo 1.21\n',
		'cmd/server/main.go': 'package main\n\nfunc main() { print("hello") }\n',
	});
	const app = (instance: string, version = '1.0.0') =>
		smallApp(instance, 1, {
			source: { type: 'go', module: 'example.test/hello', package: 'example.test/hello/cmd/server', version },
			command: ['${program}'],
		});
	const data = join(folder.path, 'data');
	const driver = await openProcessDriver({ data });
	afterAll(async () => {
		vi.unstubAllEnvs();
		await driver.shutdown();
		await folder[Symbol.asyncDispose]();
	});

	test('a program is built once for all instances, from exactly the version of the plan', LIMIT, async () => {
		const told = reporter();
		const built = await driver.build(planOf(app('one'), app('two')), told);
		expect(built.failed).toEqual({});
		expect(told.notes.filter((note) => note.startsWith('go build'))).toEqual(['go build example.test/hello/cmd/server@1.0.0']);
		const store = join(data, 'store');
		const [entry = ''] = readdirSync(store);
		expect(readdirSync(store)).toEqual([entry]);
		expect(readdirSync(join(store, entry)).sort()).toEqual(['bin', 'covey-source.json']);
		expect(execFileSync(join(store, entry, 'bin/server'), { stdio: ['ignore', 'ignore', 'inherit'] })).toBeDefined();
		const again = reporter();
		await driver.build(planOf(app('one')), again);
		expect(again.notes).toContain('example.test/hello/cmd/server@1.0.0 is in the store already');
		expect(await newestOfGo('example.test/hello')).toEqual({ status: 'known', version: '1.0.0' });
		expect(await newestOfGo('example.test/nobody')).toMatchObject({ status: 'unknown' });
	});

	test('a version that is not there fails its app only, and a cancelled build leaves nothing behind', LIMIT, async () => {
		const { failed: wrong } = await driver.build(planOf(app('one'), app('three', '1.9.9')), reporter());
		expect(wrong).toMatchObject({ three: { code: 'PACKAGE_NOT_FOUND' } });
		expect(Object.keys(wrong)).toEqual(['three']);
		const cancel = new AbortController();
		const report = { ...reporter(cancel.signal), progress: () => cancel.abort() };
		await expect(driver.build(planOf(app('four', '1.8.8')), report)).rejects.toMatchObject({ code: 'CANCELLED' });
		expect(readdirSync(join(data, 'building'))).toEqual([]);
	});
});
