import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ensureBuckets } from '../../nats/buckets.ts';
import type { TopologyInput } from '../../nats/config.ts';
import { connectNats } from '../../nats/connect.ts';
import { type NatsServer, startNatsServer } from '../../nats/server.ts';
import { waitUntil } from '../../nats/wait.ts';
import { planCluster } from '../helpers/nats-cluster.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function place(): Promise<{ folder: string; topology: TopologyInput }> {
	const { path: root } = await temporaryFolder();
	cleanUps.push(() => rm(root, { recursive: true, force: true }));
	return { folder: join(root, 'nats'), topology: (await planCluster(1))[0] as TopologyInput };
}

async function start(options: { folder: string; topology: TopologyInput }): Promise<NatsServer> {
	const server = await startNatsServer(options);
	cleanUps.push(() => server.stop());
	return server;
}

const isRunning = (pid: number): boolean =>
	existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

test('a server that is killed is started again, and says so', async () => {
	const server = await start(await place());
	const first = server.pid as number;
	const exit = new Promise<string>((resolve) => server.onExit((reason) => resolve(reason.message)));
	const restarted = new Promise<number>((resolve) => server.onRestart(resolve));
	process.kill(first, 'SIGKILL');
	expect(await exit).toContain('SIGKILL');
	expect(await restarted).not.toBe(first);
	expect(server.pid).toBe(await restarted);
	expect(await waitUntil(async () => (await server.health()).status === 'ok', 10_000)).toBe(true);
});

test('stop ends the server for good', async () => {
	const server = await start(await place());
	const pid = server.pid as number;
	await server.stop();
	expect(isRunning(pid)).toBe(false);
	expect(server.pid).toBeNull();
	expect((await server.health()).status).toBe('unavailable');
});

test('passwords and configuration are readable by their user only, and no password is in the command line', async () => {
	const { folder, topology } = await place();
	const server = await start({ folder, topology });
	for (const file of ['passwords.json', 'nats.conf']) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
	expect(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain(server.secrets.sys);
});

test.each(['port', 'clusterPort', 'leafPort', 'monitorPort'] as const)(
	'a %s in use is refused with its address',
	async (which) => {
		const { folder, topology } = await place();
		const port = (topology as Record<string, unknown>)[which] as number;
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
		cleanUps.push(() => new Promise((resolve) => other.close(resolve)));
		await expect(start({ folder, topology })).rejects.toMatchObject({
			code: 'ADDRESS_IN_USE',
			message: expect.stringContaining(`127.0.0.1:${port}`),
		});
	},
);

test('a store that cannot be used is refused', async () => {
	const { folder, topology } = await place();
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, 'store'), 'a file where the folder should be');
	await expect(start({ folder, topology })).rejects.toMatchObject({ code: 'NATS_STORE_CORRUPT' });
});

test('a store whose meta group is damaged or gone is refused, and its streams stay', async () => {
	const { folder, topology } = await place();
	const server = await start({ folder, topology });
	const nc = await connectNats({ servers: [server.url], name: 'test' });
	await ensureBuckets(nc, 1);
	await nc.close();
	await server.stop();
	const jetstream = join(folder, 'store', 'jetstream');
	const snapshots = join(jetstream, 'SYS', '_js_', '_meta_', 'snapshots');
	const files = readdirSync(snapshots);
	expect(files).not.toEqual([]);
	for (const file of files) await writeFile(join(snapshots, file), 'garbage');
	await expect(start({ folder, topology })).rejects.toMatchObject({
		code: 'NATS_STORE_CORRUPT',
		message: expect.stringContaining('snapshot corrupt'),
	});

	await rm(join(jetstream, 'SYS'), { recursive: true });
	await expect(start({ folder, topology })).rejects.toMatchObject({ code: 'NATS_STORE_CORRUPT' });
	expect(readdirSync(join(jetstream, 'COVEY', 'streams'))).toContain('KV_covey_actors');
});

test('a server left behind by a killed host process is ended before a new one starts', async () => {
	const { folder, topology } = await place();
	const supervisor = spawn(process.execPath, ['--input-type=module', '-e', SUPERVISOR, JSON.stringify({ folder, topology })], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const orphan = await new Promise<number>((resolve) =>
		supervisor.stdout.once('data', (line: Buffer) => resolve(Number(line.toString('utf8')))),
	);
	const dead = new Promise((resolve) => supervisor.once('exit', resolve));

	await expect(start({ folder, topology })).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE', details: { pid: supervisor.pid } });
	expect(isRunning(orphan)).toBe(true);

	supervisor.kill('SIGKILL');
	await dead;
	expect(isRunning(orphan)).toBe(true);
	const server = await start({ folder, topology });
	expect(isRunning(orphan)).toBe(false);
	expect(server.pid).not.toBe(orphan);
});

test.each([
	['v2.9.10', 'NATS_SERVER_TOO_OLD'],
	['v2.12.3', 'NATS_SERVER_TOO_OLD'],
	['not a version', 'NATS_SERVER_MISSING'],
])('a binary that says %s is refused as %s', async (version, code) => {
	const { folder, topology } = await place();
	const binary = `${folder}-server`;
	await writeFile(binary, `#!/bin/sh\necho "nats-server: ${version}"\n`);
	await chmod(binary, 0o755);
	await expect(startNatsServer({ folder, topology, binary })).rejects.toMatchObject({ code });
});

const SUPERVISOR = `
import { startNatsServer } from ${JSON.stringify(new URL('../../nats/server.ts', import.meta.url).href)};
const server = await startNatsServer(JSON.parse(process.argv[1]));
console.log(server.pid);
`;
