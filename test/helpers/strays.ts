// Processes that belong to a folder: hosts, their servers, their apps. For tests that kill and must leave nothing behind.
import { readdirSync, readFileSync } from 'node:fs';

/** Pids of processes that name the folder in their command line or live in it (HOME). */
export function processesOf(folder: string): number[] {
	return readdirSync('/proc')
		.map(Number)
		.filter((pid) => Number.isInteger(pid) && pid !== process.pid && belongsTo(pid, folder));
}

function belongsTo(pid: number, folder: string): boolean {
	const isBelow = (text: string) => text === folder || text.startsWith(`${folder}/`);
	return (
		words(pid, 'cmdline').some(isBelow) ||
		words(pid, 'environ').some((entry) => entry.startsWith('HOME=') && isBelow(entry.slice('HOME='.length)))
	);
}

/** The host's own process, by its command line: a number kept from its last life may be somebody else's by now. */
export function hostPidOf(hostFolder: string): number | null {
	const isHost = (args: string[]) => (args.includes('up') || args.includes('join')) && args.includes(hostFolder);
	const found = readdirSync('/proc').find((pid) => isHost(words(Number(pid), 'cmdline')));
	return found ? Number(found) : null;
}

/** The host's nats-server as it runs now: its process id changes when the host starts it again. */
export function natsPidOf(hostFolder: string): number | null {
	const found = readdirSync('/proc').find((pid) => words(Number(pid), 'cmdline').includes(`${hostFolder}/nats/nats.conf`));
	return found ? Number(found) : null;
}

/** Sends a signal to a process that may have ended. */
export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
	}
}

function words(pid: number, file: 'cmdline' | 'environ'): string[] {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
	} catch {
		// It is no process, or has ended.
		return [];
	}
}
