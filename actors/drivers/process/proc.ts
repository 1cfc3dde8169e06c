// What Linux tells about processes in /proc. A process is named by its id, its start time and the boot: ids alone come again.
import { readdirSync, readFileSync } from 'node:fs';

export interface Proc {
	pid: number;
	group: number;
	session: number;
	/** Clock ticks since boot, as text: with the boot id it names this process for ever. */
	startTime: string;
	/** Clock ticks of CPU used, user and system. */
	cpuTicks: number;
	/** Bytes. */
	memoryBytes: number;
}

/** Clock ticks of /proc per second. */
export const TICKS_PER_SECOND = 100;

/** Null when there is no such process or only its zombie. */
export function readProc(pid: number): Proc | null {
	const stat = readProcFile(pid, 'stat');
	if (stat === null) return null;
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	if (fields[0] === 'Z' || fields[0] === 'X') return null;
	return {
		pid,
		group: Number(fields[2]),
		session: Number(fields[3]),
		startTime: fields[19] ?? '',
		cpuTicks: Number(fields[11]) + Number(fields[12]),
		memoryBytes: Number(fields[21]) * pageBytes(),
	};
}

/** Every live process of the machine. */
export function scanProcs(): Proc[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map((name) => readProc(Number(name)))
		.filter((proc) => proc !== null);
}

/** The value of a variable in the environment the process was started with; null when it has none or hides it. */
export function startVariable(pid: number, name: string): string | null {
	const entries = readProcFile(pid, 'environ')?.split('\0') ?? [];
	return entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

function readProcFile(pid: number, file: string): string | null {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'utf8');
	} catch {
		// gone meanwhile, or another user's: not ours in either case
		return null;
	}
}

let knownPageBytes: number | null = null;

/** Some ARM boards have pages of 16 or 64 KiB: our own memory, known in bytes and in pages, tells. */
function pageBytes(): number {
	if (knownPageBytes !== null) return knownPageBytes;
	const pages = Number(readProcFile(process.pid, 'statm')?.split(' ')[1]);
	const ratio = process.memoryUsage.rss() / pages;
	knownPageBytes = [65_536, 16_384].find((size) => ratio > size * 0.7) ?? 4_096;
	return knownPageBytes;
}
