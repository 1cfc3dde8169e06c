// A unit's log on the disk: `<instance>.log`, written by the app itself, and older parts `.1` to `.3`.
// Beside each part, `.times` notes when which byte was written, because the app's lines carry no time of ours.
import { appendFileSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { isMissing, readText } from '../../../runtime/disk/durable.ts';
import { isDiskFull } from './disk-full.ts';

export interface LogLimits {
	/** A log that is larger is rotated, bytes. */
	bytes: number;
	/** Older parts that are kept. */
	parts: number;
}

export const LOG_LIMITS: LogLimits = { bytes: 10 * 1024 * 1024, parts: 3 };

/** Begins the lines that Covey itself writes into an app's log. */
export const OWN_LINE = '[covey] ';

/** Adds a line of Covey's own. A full disk loses the line, never the app. */
export function noteInLog(log: string, text: string): void {
	try {
		appendFileSync(log, `${OWN_LINE}${text}\n`, { mode: 0o640 });
	} catch (error) {
		if (!isDiskFull(error) && !isMissing(error)) throw error;
	}
}

export function logSize(log: string): number {
	try {
		return statSync(log).size;
	} catch (error) {
		if (isMissing(error)) return 0;
		throw error;
	}
}

/**
 * Copies the log to `.1` and empties it in place: the app keeps its open file, and, because it appends, goes on at the
 * beginning. Lines written between the copy and the cut are lost. With a full disk the log is emptied without a copy.
 */
export function rotate(log: string, limits: LogLimits): void {
	for (let part = limits.parts - 1; part >= 1; part--) {
		for (const end of ['', '.times'])
			if (existsSync(`${log}.${part}${end}`)) renameSync(`${log}.${part}${end}`, `${log}.${part + 1}${end}`);
	}
	try {
		copyFileSync(log, `${log}.1`);
		truncateSync(log, 0);
		if (existsSync(`${log}.times`)) renameSync(`${log}.times`, `${log}.1.times`);
	} catch (error) {
		if (!isDiskFull(error)) throw error;
		rmSync(`${log}.1`, { force: true });
		truncateSync(log, 0);
		rmSync(`${log}.times`, { force: true });
	}
}

/** Notes that what follows `offset` was written at `at`. */
export function markTime(log: string, offset: number, at: number): void {
	try {
		appendFileSync(`${log}.times`, `${offset} ${at}\n`, { mode: 0o640 });
	} catch (error) {
		if (!isDiskFull(error)) throw error;
	}
}

/** When the byte at an offset was written, as far as known: the file's own time without a mark. */
export function timesOf(log: string): (offset: number) => number {
	const marks = (readText(`${log}.times`) ?? '')
		.split('\n')
		.map((line) => line.split(' ').map(Number))
		.filter((mark): mark is [number, number] => mark.length === 2 && mark.every(Number.isFinite));
	const fallback = existsSync(log) ? statSync(log).mtimeMs : 0;
	return (offset) => marks.findLast(([from]) => from <= offset)?.[1] ?? marks[0]?.[1] ?? fallback;
}

export function removeLog(log: string, limits: LogLimits): void {
	for (const part of ['', ...Array.from({ length: limits.parts }, (_, index) => `.${index + 1}`)]) {
		rmSync(`${log}${part}`, { force: true });
		rmSync(`${log}${part}.times`, { force: true });
	}
}

/** The last lines of the current part, for error details. */
export function lastLines(log: string, count: number): string[] {
	try {
		return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-count);
	} catch (error) {
		if (isMissing(error)) return [];
		throw error;
	}
}
