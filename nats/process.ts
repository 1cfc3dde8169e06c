// One run of one nats-server process: spawned in its own session, watched until it listens, ended politely.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { CoveyError } from '../runtime/engine/errors.ts';
import { explainExit } from './exit-reason.ts';
import { SUPERVISOR_VARIABLE, supervisorMark } from './orphans.ts';
import { waitUntil } from './wait.ts';

export interface ServerProcess {
	readonly pid: number;
	/** Resolves with the reason when the process has ended, for whatever cause. */
	readonly ended: Promise<CoveyError>;
	/** SIGTERM, and SIGKILL after 10 s. */
	stop(): Promise<void>;
}

export interface ProcessFiles {
	config: string;
	log: string;
	/** What the server prints before its log is open, and panics. */
	output: string;
}

/** Rejects with ADDRESS_IN_USE, NATS_STORE_CORRUPT or NATS_SERVER_FAILED. */
export async function spawnServer(binary: string, files: ProcessFiles): Promise<ServerProcess> {
	const logStart = await sizeOf(files.log);
	const child = await spawnDetached(binary, files);
	const ended = new Promise<CoveyError>((resolve) => {
		child.once('exit', (code, signal) => {
			evidence(files, logStart).then(
				(text) => resolve(explainExit(code, signal, text)),
				(error: unknown) => resolve(explainExit(code, signal, String(error))),
			);
		});
	});
	return { pid: child.pid as number, ended, stop: () => stop(child) };
}

/** Waits until `server` speaks NATS on the address under its own name. Rejects with the reason when it ends before. */
export async function waitListening(
	server: ServerProcess,
	address: string,
	port: number,
	name: string,
	limitMs = 30_000,
): Promise<void> {
	let over: CoveyError | null = null;
	void server.ended.then((reason) => {
		over = reason;
	});
	const listening = await waitUntil(
		async () => over !== null || (await greeting(address, port))?.includes(`"server_name":"${name}"`) === true,
		limitMs,
		20,
	);
	if (over !== null) throw over;
	if (!listening)
		throw new CoveyError(
			'NATS_SERVER_FAILED',
			`nats-server ${name} does not listen on ${address}:${port} after ${limitMs / 1000} s.`,
		);
}

async function spawnDetached(binary: string, files: ProcessFiles): Promise<ChildProcess> {
	const output = openSync(files.output, 'w', 0o600);
	try {
		// Its own session: Ctrl-C on our terminal reaches us first, and we end it after our own clean-up.
		const child = spawn(binary, ['-c', files.config], {
			detached: true,
			stdio: ['ignore', output, output],
			env: { PATH: process.env['PATH'] ?? '', [SUPERVISOR_VARIABLE]: await supervisorMark() },
		});
		await new Promise<void>((resolve, reject) => {
			child.once('spawn', resolve);
			child.once('error', (error) =>
				reject(new CoveyError('NATS_SERVER_FAILED', `Cannot run ${binary}: ${error.message}`, { cause: error })),
			);
		});
		return child;
	} finally {
		closeSync(output);
	}
}

async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	child.kill('SIGTERM');
	const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
	await gone;
	clearTimeout(killer);
}

/** The first line a server sends, `INFO {…}`, or null. */
function greeting(address: string, port: number): Promise<string | null> {
	return new Promise((resolve) => {
		const socket = connect({ host: address, port });
		let text = '';
		const finish = (result: string | null) => {
			socket.destroy();
			resolve(result);
		};
		socket.setTimeout(1000, () => finish(null));
		socket.on('error', () => finish(null));
		socket.on('close', () => resolve(null));
		socket.on('data', (chunk) => {
			text += chunk.toString('utf8');
			if (text.includes('\n')) finish(text);
		});
	});
}

/** What this run wrote, at most its last 64 KB. */
async function evidence(files: ProcessFiles, logStart: number): Promise<string> {
	const printed = await readFile(files.output, 'utf8').catch(() => '');
	return `${await logSince(files.log, logStart)}\n${printed}`;
}

/** What was logged after the file had `start` bytes, at most its last 64 KB. */
export async function logSince(file: string, start: number): Promise<string> {
	const size = await sizeOf(file);
	const from = Math.max(size < start ? 0 : start, size - 65_536);
	if (size === from) return '';
	const handle = await open(file, 'r');
	try {
		const buffer = Buffer.alloc(size - from);
		await handle.read(buffer, 0, buffer.length, from);
		return buffer.toString('utf8');
	} finally {
		await handle.close();
	}
}

/** Bytes; 0 when there is none. */
export const sizeOf = (file: string): Promise<number> =>
	stat(file).then(
		(found) => found.size,
		() => 0,
	);
