// What this host does about its own membership: it gives its actors away when it leaves, and ends when it is no member any more.
// Level-triggered: its own record is looked at again and again, so a restart or a lost message changes nothing.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Departure } from '../../actors/kit.ts';
import { hostRef } from '../../machines/host/contract.ts';
import { isGone, type Standing, standingOf } from '../../machines/host/standing.ts';
import { writeDurably } from '../disk/durable.ts';
import type { Engine } from '../engine/engine.ts';
import { CoveyError } from '../engine/errors.ts';
import type { Clock } from '../engine/ports.ts';
import { refText } from '../engine/record.ts';
import { pause } from './waiting.ts';

export interface DepartureParts {
	host: string;
	dataDir: string;
	/** When this host became a member, ms: an older departure is of an earlier host of this name. */
	memberSince(): number;
	clock: Clock;
	engine: Pick<Engine, 'index' | 'owned' | 'release'>;
	/** Tells others whether this host takes actors. */
	sayAdopting(adopting: boolean): void;
	/** Called once: this host should end. */
	onDeparted(words: string): void;
}

export interface DepartureWatch extends Departure {
	standing(): Standing;
	stop(): void;
}

const LOOK_EVERY_MS = 1_000;
const HAND_OVER_EVERY_MS = 250;
/** Whoever is struck off the list may not hear of it any more. */
const END_AFTER_NOTE_MS = 30_000;

export function watchDeparture(parts: DepartureParts): DepartureWatch {
	const { host, clock, engine } = parts;
	const standing = () => standingOf(engine.index().get(refText(hostRef(host)))?.record);
	let isAdopting = true;
	let notedAt: number | null = null;
	let ended = false;
	let next = () => {};

	function look(): void {
		const now = standing();
		if (departedBefore(parts.memberSince(), now)) return end(now.words);
		if (notedAt !== null && clock.now() - notedAt > END_AFTER_NOTE_MS) return end('It has left the cluster.');
		setAdopting(!(now.phase === 'leaving' && now.departing));
		if (!isAdopting && engine.owned().length > 0) void engine.release();
		next = clock.after(LOOK_EVERY_MS, look);
	}

	function setAdopting(adopting: boolean): void {
		if (adopting === isAdopting) return;
		isAdopting = adopting;
		parts.sayAdopting(adopting);
	}

	function end(words: string): void {
		if (ended) return;
		ended = true;
		noteIn(parts.dataDir, host, clock.now());
		parts.onDeparted(words);
	}

	next = clock.after(0, look);
	return {
		standing,
		async handOver(signal) {
			setAdopting(false);
			const count = engine.owned().length;
			while (engine.owned().length > 0) {
				signal.throwIfAborted();
				await engine.release();
				await pause(clock, HAND_OVER_EVERY_MS, signal);
			}
			return count;
		},
		async note() {
			noteIn(parts.dataDir, host, clock.now());
			notedAt ??= clock.now();
		},
		stop: () => {
			ended = true;
			next();
		},
	};
}

/** Whether the record tells of this life of the host, and that it is over. */
export const departedBefore = (memberSince: number, standing: Standing): boolean =>
	isGone(standing) && (standing.departedAt ?? Number.POSITIVE_INFINITY) >= memberSince;

const Note = z.object({ schema: z.literal(1), host: z.string(), at: z.number() });

const fileIn = (dataDir: string): string => join(dataDir, 'departed.json');

/** The host of this data directory will not start as a member again. */
export function noteIn(dataDir: string, host: string, at: number): void {
	if (!existsSync(fileIn(dataDir))) writeDurably(fileIn(dataDir), `${JSON.stringify({ schema: 1, host, at })}\n`);
}

/** Throws HOST_FORGOTTEN when the host of this data directory is no member any more. */
export function assertNotDeparted(dataDir: string): void {
	if (!hasDeparted(dataDir)) return;
	const note = Note.safeParse(JSON.parse(readFileSync(fileIn(dataDir), 'utf8')));
	throw departedError(note.data?.host ?? 'this host', note.data?.at ?? null);
}

export const hasDeparted = (dataDir: string): boolean => existsSync(fileIn(dataDir));

/** For a host that joins again with its disk. */
export const clearDeparture = (dataDir: string): void => rmSync(fileIn(dataDir), { force: true });

export function departedError(host: string, at: number | null): CoveyError {
	const when = at === null ? '' : ` since ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
	return new CoveyError('HOST_FORGOTTEN', `${host} is no member of its cluster any more${when}; nothing was started.`, {
		details: { host },
	});
}
