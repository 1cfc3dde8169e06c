// Follows the growth of every log file: tells new lines to listeners at a bounded rate, notes times, rotates.
import { closeSync, type FSWatcher, openSync, readdirSync, readSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { isMissing } from '../../../runtime/disk/durable.ts';
import { type CoveyError, toCoveyError } from '../../../runtime/engine/errors.ts';
import type { LogLine } from '../driver.ts';
import { type LogLimits, logSize, markTime, rotate } from './log-files.ts';
import { toLine } from './log-read.ts';

export type LogListener = (instance: string, line: LogLine) => void;

export interface LogFollower {
	onLog(listener: LogListener): () => void;
	/** Looks at all files now. */
	sweep(): void;
	stop(): void;
}

interface Place {
	/** Bytes seen, and of those the bytes told to listeners. */
	seen: number;
	rest: string;
	budget: number;
	dropped: number;
}

const SWEEP_MS = 1_000;
const LINES_PER_SWEEP = 200;
const CHUNK_BYTES = 256 * 1024;

/** Trouble while nobody asked (an unreadable folder, a broken disk) goes to `warn`: logs must not bring a host down. */
export function followLogs(folder: string, limits: LogLimits, warn: (error: CoveyError) => void): LogFollower {
	const places = new Map<string, Place>();
	const listeners = new Set<LogListener>();
	for (const instance of instancesIn(folder)) places.set(instance, placeAt(logSize(join(folder, `${instance}.log`))));

	const sweep = () => {
		for (const place of places.values()) place.budget = LINES_PER_SWEEP;
		for (const instance of instancesIn(folder)) look(instance);
	};

	function look(instance: string): void {
		const log = join(folder, `${instance}.log`);
		const place = places.get(instance) ?? placeAt(0);
		places.set(instance, place);
		const size = logSize(log);
		if (size < place.seen) Object.assign(place, { seen: 0, rest: '' });
		if (size > place.seen) {
			const at = Date.now();
			markTime(log, place.seen, at);
			if (listeners.size > 0) tell(instance, place, readPart(log, place.seen, size), at, size - place.seen);
			place.seen = size;
		}
		if (size > limits.bytes) {
			rotate(log, limits);
			place.seen = 0;
		}
	}

	function tell(instance: string, place: Place, text: string, at: number, bytes: number): void {
		const lines = (place.rest + text).split('\n');
		place.rest = lines.pop() ?? '';
		if (bytes > CHUNK_BYTES) place.dropped += 1;
		for (const line of lines) {
			if (place.budget <= 0) place.dropped += 1;
			else {
				if (place.dropped > 0) say(instance, `… ${place.dropped} lines dropped`, at);
				place.dropped = 0;
				place.budget -= 1;
				say(instance, line.replace(/\r$/, ''), at);
			}
		}
	}

	function say(instance: string, text: string, at: number): void {
		for (const listener of listeners) listener(instance, toLine(text, instance, at));
	}

	const orWarn = (work: () => void) => {
		try {
			work();
		} catch (thrown) {
			warn(toCoveyError(thrown));
		}
	};
	const timer = setInterval(() => orWarn(sweep), SWEEP_MS);
	timer.unref();
	const watcher = watchFolder(folder, (instance) => {
		if (listeners.size > 0) orWarn(() => look(instance));
	});
	return {
		onLog: (listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		sweep,
		stop: () => {
			clearInterval(timer);
			watcher?.close();
		},
	};
}

const placeAt = (seen: number): Place => ({ seen, rest: '', budget: LINES_PER_SWEEP, dropped: 0 });

const instancesIn = (folder: string): string[] =>
	readdirSync(folder)
		.filter((name) => name.endsWith('.log'))
		.map((name) => name.slice(0, -4));

/** The newest part of what was added, whole lines or not: at most `CHUNK_BYTES`. */
function readPart(log: string, from: number, to: number): string {
	const start = Math.max(from, to - CHUNK_BYTES);
	const buffer = Buffer.alloc(to - start);
	try {
		const file = openSync(log, 'r');
		try {
			return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, start));
		} finally {
			closeSync(file);
		}
	} catch (error) {
		if (isMissing(error)) return '';
		throw error;
	}
}

/** Faster than the sweep where the system tells of changes; without that the sweep alone does it. */
function watchFolder(folder: string, onChange: (instance: string) => void): FSWatcher | null {
	try {
		const watcher = watch(folder, { persistent: false }, (_event, name) => {
			if (name?.endsWith('.log')) onChange(basename(name, '.log'));
		});
		watcher.on('error', () => watcher.close());
		return watcher;
	} catch {
		// out of inotify watches
		return null;
	}
}
