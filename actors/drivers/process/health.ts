// Asks an app whether it is well: by HTTP, by a TCP connection, or by a command.
import { request } from 'node:http';
import { connect } from 'node:net';
import { toCoveyError } from '../../../runtime/engine/errors.ts';
import type { PlannedApp } from '../plan.ts';
import { runTool } from './tool.ts';

export type Health = NonNullable<PlannedApp['health']>;

export interface HealthPlace {
	/** Address the port listens on. */
	address(port: number): string;
	command(argv: string[]): Promise<CommandRun>;
}

interface CommandRun {
	argv: string[];
	env: Record<string, string>;
	cwd: string;
	user: { uid: number; gid: number } | null;
}

/** Null when it is well, else why not, in words. Never takes longer than the check's timeout. */
export function probe(health: Health, place: HealthPlace): Promise<string | null> {
	const { check, timeoutMs } = health;
	if (check.type === 'http') return probeHttp(place.address(check.port), check.port, check.path, check.expect, timeoutMs);
	if (check.type === 'tcp') return probeTcp(place.address(check.port), check.port, timeoutMs);
	return probeCommand(() => place.command(check.command), timeoutMs);
}

/** Where to ask when the app listens on `bind`. */
export const askAt = (bind: string): string => (bind === '0.0.0.0' ? '127.0.0.1' : bind === '::' ? '::1' : bind);

export function describeCheck({ check }: Health): string {
	if (check.type === 'http') return `HTTP on port ${check.port}, ${check.path}`;
	return check.type === 'tcp' ? `TCP on port ${check.port}` : `the command ${check.command[0]}`;
}

function probeHttp(
	host: string,
	port: number,
	path: string,
	expect: number[] | undefined,
	timeoutMs: number,
): Promise<string | null> {
	return new Promise((resolve) => {
		const where = `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
		const asking = request({
			host,
			port,
			path,
			agent: false,
			signal: AbortSignal.timeout(timeoutMs),
			headers: { 'user-agent': 'covey-health' },
		});
		asking.once('response', (response) => {
			const status = response.statusCode ?? 0;
			response.destroy();
			const isWell = expect ? expect.includes(status) : status >= 200 && status < 400;
			resolve(isWell ? null : `${where} answered ${status}`);
		});
		asking.once('error', (error) =>
			resolve(`${where}: ${error.name === 'AbortError' ? `no answer in ${timeoutMs} ms` : error.message}`),
		);
		asking.end();
	});
}

function probeTcp(host: string, port: number, timeoutMs: number): Promise<string | null> {
	return new Promise((resolve) => {
		const socket = connect({ host, port });
		const answer = (reason: string | null) => {
			socket.destroy();
			resolve(reason);
		};
		socket.setTimeout(timeoutMs, () => answer(`${host}:${port}: no connection in ${timeoutMs} ms`));
		socket.once('connect', () => answer(null));
		socket.once('error', (error) => answer(`${host}:${port}: ${error.message}`));
	});
}

async function probeCommand(command: () => Promise<CommandRun>, limitMs: number): Promise<string | null> {
	let run: CommandRun;
	try {
		run = await command();
	} catch (thrown) {
		return toCoveyError(thrown).message;
	}
	const finished = await runTool(run.argv, { ...run, signal: new AbortController().signal, limitMs });
	if (finished.status === 'done') return null;
	const why = finished.status === 'failed' ? finished.exit : `no end in ${limitMs} ms`;
	return `${run.argv[0]}: ${why}${finished.lines.length > 0 ? `: ${finished.lines.at(-1)}` : ''}`;
}
