// nats-servers that outlived a killed host process. The configuration file named on their command line says whose they are, and
// their environment who started them; both come from the kernel, so no pid file can be stale or missing.
import { readdir, readFile } from 'node:fs/promises';
import { CoveyError } from '../runtime/engine/errors.ts';
import { waitUntil } from './wait.ts';

export const SUPERVISOR_VARIABLE = 'COVEY_SUPERVISOR';

interface Process {
	pid: number;
	/** Clock ticks since boot: with the pid it names one process for ever. */
	startedAt: string;
}

/** `4711:88123`, for the environment of a child. Empty where the kernel does not tell. */
export async function supervisorMark(): Promise<string> {
	const startedAt = await startOf(process.pid);
	return startedAt === null ? '' : `${process.pid}:${startedAt}`;
}

/**
 * Ends servers whose configuration is somewhere below the folder, and whose supervisor is gone. Returns their pids. Rejects with
 * DATA_DIR_IN_USE when it lives.
 */
export async function endOrphansBelow(folder: string): Promise<number[]> {
	const ended: number[] = [];
	for (const found of await serversOn((config) => config.startsWith(`${folder}/`))) {
		const supervisor = await supervisorOf(found.pid);
		if (supervisor !== null && (await isAlive(supervisor))) {
			throw new CoveyError('DATA_DIR_IN_USE', `Process ${supervisor.pid} runs nats-server ${found.pid} in ${folder}.`, {
				details: { pid: supervisor.pid, natsPid: found.pid },
			});
		}
		await end(found);
		ended.push(found.pid);
	}
	return ended;
}

async function serversOn(isMeant: (config: string) => boolean): Promise<Process[]> {
	const entries = await readdir('/proc').catch(() => [] as string[]);
	const found: Process[] = [];
	for (const entry of entries) {
		if (!/^\d+$/.test(entry)) continue;
		const argv = (await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')).split('\0');
		const at = argv.indexOf('-c');
		if (at < 1 || !isMeant(argv[at + 1] ?? '')) continue;
		const startedAt = await startOf(Number(entry));
		if (startedAt !== null) found.push({ pid: Number(entry), startedAt });
	}
	return found;
}

async function supervisorOf(pid: number): Promise<Process | null> {
	const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
	const mark = environment.split('\0').find((line) => line.startsWith(`${SUPERVISOR_VARIABLE}=`));
	const match = mark === undefined ? null : /=(\d+):(\d+)$/.exec(mark);
	return match ? { pid: Number(match[1]), startedAt: String(match[2]) } : null;
}

async function end(orphan: Process): Promise<void> {
	const gone = async () => !(await isAlive(orphan));
	await signal(orphan, 'SIGTERM');
	if (await waitUntil(gone, 10_000)) return;
	await signal(orphan, 'SIGKILL');
	if (!(await waitUntil(gone, 5_000)))
		throw new CoveyError('DATA_DIR_IN_USE', `nats-server ${orphan.pid} of an earlier run does not end.`, {
			details: { pid: orphan.pid },
		});
}

async function signal(target: Process, name: NodeJS.Signals): Promise<void> {
	if (!(await isAlive(target))) return;
	try {
		process.kill(target.pid, name);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}

const isAlive = async (target: Process): Promise<boolean> => (await startOf(target.pid)) === target.startedAt;

/** Null when there is no such process, or only its zombie. */
async function startOf(pid: number): Promise<string | null> {
	const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
	if (stat === null) return null;
	// The name in parentheses may contain anything; fields are counted after it.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}
