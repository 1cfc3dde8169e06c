// Bad apps, full disks, changed minds: what fails is taken back and said, and nobody else is harmed.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { type DemoCluster, startDemo, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 180_000;
const MAX_TRIES = 10;
/** Only root may mount a small disk. With CI=true nothing is skipped. */
const cannotMount = process.getuid?.() !== 0 && process.env.CI !== 'true';
let cluster: DemoCluster;

beforeAll(async () => {
	cluster = await startDemo();
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

const ref = (id: string) => ({ kind: 'install', id });

test('a real app beside them is not harmed by any of what follows', { timeout: LIMIT }, async () => {
	await cluster.create('radicale', 'calendar', { host: 'birch' });
	await cluster.create('notes', 'beside', { host: 'birch' });
	await cluster.untilRest('calendar', ['running']);
	await cluster.untilRest('beside', ['running']);
	await cluster.plant('beside');
});

test('an npm package that does not exist: said so, and nothing is left', { timeout: LIMIT }, async () => {
	await cluster.create('nowhere', 'nowhere', { host: 'birch' });
	const { failure } = await cluster.untilRest('nowhere', ['rolledBack']);
	expect(failure?.code).toBe('PACKAGE_NOT_FOUND');
});

test('an app that never becomes healthy is taken back, last step first', { timeout: LIMIT }, async () => {
	await cluster.create('sick-notes', 'sick-notes');
	const { failure } = await cluster.untilRest('sick-notes', ['rolledBack']);
	expect(failure?.code).toBe('UNHEALTHY');
	const { steps } = await cluster.ask('timeline', { actor: 'install/sick-notes' });
	expect(steps.map(({ to }) => to).filter((phase, index, all) => phase !== all[index - 1])).toEqual([
		'queued',
		'validating',
		'configuring',
		'building',
		'starting',
		'rollingBack',
		'rolledBack',
	]);
});

test.skipIf(cannotMount)(
	'a disk that is full during a build: taken back, and done when there is room again (needs root)',
	{
		timeout: LIMIT,
	},
	async () => {
		const building = join(cluster.folder, 'birch', 'building');
		mkdirSync(building, { recursive: true });
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', building]);
		try {
			await cluster.create('built-notes-1', 'too-big', { host: 'birch' });
			const { failure } = await cluster.untilRest('too-big', ['rolledBack'], 120_000);
			expect(failure?.code).toBe('DISK_FULL');
		} finally {
			await eventually('the small disk is gone', () => {
				execFileSync('umount', [building]);
				return true;
			});
		}
		await cluster.command('too-big', 'install.retry');
		await cluster.untilRest('too-big', ['running'], 120_000);
	},
);

test('a name that is taken and a port that is taken are refused; the port with a free one', { timeout: LIMIT }, async () => {
	await expect(cluster.create('notes', 'beside')).rejects.toMatchObject({ code: 'NAME_TAKEN' });
	const { url } = await cluster.untilRest('beside', ['running']);
	const port = Number(new URL(`${url}`).port);
	await cluster.create('notes', 'port-thief', { host: 'birch', ports: { web: port } });
	const { failure } = await cluster.untilRest('port-thief', ['failed', 'rolledBack']);
	expect(failure?.code).toBe('PORT_IN_USE');
	expect(failure?.message).toMatch(/\d+ is free/);
});

for (const [phase, app] of [
	['queued', 'slow-notes'],
	['validating', 'slow-notes'],
	['configuring', 'slow-notes'],
	['building', 'built-notes-2'],
	['starting', 'slow-notes'],
] as const)
	test(`a cancel while ${phase} takes everything back`, { timeout: LIMIT }, async () => {
		for (let number = 1; ; number++) {
			const instance = `cancel-${phase}-${number}`;
			const met = whenSeen(cluster, ref(instance), ({ view }) => view.phase === phase);
			await cluster.create(app, instance);
			await met;
			if (await cancelled(instance)) {
				const { failure } = await cluster.untilRest(instance, ['rolledBack', 'failed']);
				expect(failure?.code).toBe('CANCELLED');
				const { steps } = await cluster.ask('timeline', { actor: `install/${instance}` });
				if (steps.find(({ event }) => event === 'install.cancel')?.from === phase) break;
			}
			expect(number, `the cancel came too late for ${phase}`).toBeLessThan(MAX_TRIES);
		}
	});

/** False when the install was running before the cancel could reach it. */
async function cancelled(instance: string): Promise<boolean> {
	try {
		await cluster.command(instance, 'install.cancel');
		return true;
	} catch (thrown) {
		if (thrown instanceof CoveyError && thrown.code === 'NOT_ALLOWED_NOW') return false;
		throw thrown;
	}
}

test('what runs cannot be cancelled: the refusal says why, and nothing changes', { timeout: LIMIT }, async () => {
	const before = (await cluster.ask('show', { actor: 'install/beside' })).actor.seq;
	const refused = await cluster.command('beside', 'install.cancel').catch((thrown: unknown) => thrown);
	expect(refused).toBeInstanceOf(CoveyError);
	expect(refused).toMatchObject({
		code: 'NOT_ALLOWED_NOW',
		message: expect.stringMatching(/nothing to cancel while it is running/),
	});
	expect((await cluster.ask('show', { actor: 'install/beside' })).actor.seq).toBe(before);
});

test('the verifier finds nothing, and the apps beside still run', { timeout: LIMIT }, async () => {
	await cluster.untilRest('calendar', ['running']);
	await cluster.untilRest('beside', ['running']);
	expect(verify(await gather(cluster))).toEqual([]);
});
