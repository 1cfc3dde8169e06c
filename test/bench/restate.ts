// A peer: Restate's server and the workflow of restate-flow.mjs, fetched by npm into a folder of their own when the bench runs.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from '../helpers/eventually.ts';
import { freePorts } from '../helpers/free-ports.ts';

const SERVER = '1.7.12';
const SDK = '1.17.2';
const FETCH_LIMIT_MS = 180_000;
const FLOW = fileURLToPath(new URL('restate-flow.mjs', import.meta.url));

export interface Flows extends AsyncDisposable {
	/** Resolves when the workflow of that name has ended. */
	run(name: string): Promise<void>;
}

export type Peer = { status: 'here'; version: string; flows: Flows } | { status: 'absent'; why: string };

export async function startRestate(): Promise<Peer> {
	const folder = await mkdtemp(join(tmpdir(), 'covey-restate-'));
	try {
		await fetchInto(folder);
		return { status: 'here', version: SERVER, flows: await start(folder) };
	} catch (error) {
		await rm(folder, { recursive: true, force: true });
		return { status: 'absent', why: `Restate could not be had: ${(error as Error).message.split('\n')[0]}` };
	}
}

async function fetchInto(folder: string): Promise<void> {
	const dependencies = { '@restatedev/restate-server': SERVER, '@restatedev/restate-sdk': SDK };
	await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
	const words = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
	await promisify(execFile)('npm', words, { cwd: folder, timeout: FETCH_LIMIT_MS });
	await copyFile(FLOW, join(folder, 'flow.mjs'));
}

async function start(folder: string): Promise<Flows> {
	const [ingress = 0, admin = 0, node = 0, service = 0] = await freePorts(4);
	const at = (port: number) => `127.0.0.1:${port}`;
	const run = (program: string, args: string[], env: NodeJS.ProcessEnv) =>
		spawn(program, args, { cwd: folder, env: { ...process.env, ...env }, stdio: 'ignore' });
	const children = [
		run(join(folder, 'node_modules', '.bin', 'restate-server'), ['--listen-mode', 'tcp'], {
			RESTATE_BASE_DIR: join(folder, 'data'),
			RESTATE_BIND_ADDRESS: at(node),
			RESTATE_ADMIN__BIND_ADDRESS: at(admin),
			RESTATE_INGRESS__BIND_ADDRESS: at(ingress),
			RESTATE_DISABLE_TELEMETRY: 'true',
		}),
		run(process.execPath, ['flow.mjs', String(service)], { RESTATE_LOGGING: 'ERROR' }),
	];
	const flows: Flows = {
		async run(name) {
			const answer = await post(`http://${at(ingress)}/Flow/${name}/run`);
			if (answer !== '3') throw new Error(`a workflow ended with ${answer}`);
		},
		async [Symbol.asyncDispose]() {
			await Promise.all(children.map(end));
			await rm(folder, { recursive: true, force: true });
		},
	};
	try {
		const body = JSON.stringify({ uri: `http://${at(service)}` });
		await eventually('Restate knows the workflow', () => post(`http://${at(admin)}/deployments`, body), 60_000);
		await eventually('Restate runs the workflow', () => flows.run('first').then(() => true), 60_000);
	} catch (error) {
		await Promise.all(children.map(end));
		throw error;
	}
	return flows;
}

async function post(url: string, body?: string): Promise<string> {
	const headers = { 'content-type': 'application/json' };
	const response = await fetch(url, { method: 'POST', ...(body === undefined ? {} : { body, headers }) });
	const text = await response.text();
	if (!response.ok) throw new Error(`${response.status} ${text}`);
	return text;
}

async function end(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGTERM');
	await ended;
}
