// The share of the last 30 days (or since first seen) that this host was up, kept in a small file.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeDurably } from '../disk/durable.ts';

const WINDOW_MS = 30 * 24 * 3_600_000;
/** Shorter silences are restarts, not outages. */
const GRACE_MS = 120_000;
const SAVE_EVERY_MS = 60_000;

export const UptimeBook = z.object({
	firstSeen: z.number(),
	lastSeen: z.number(),
	/** Outages: [from, to], ms, oldest first. */
	outages: z.array(z.tuple([z.number(), z.number()])),
});
export type UptimeBook = z.infer<typeof UptimeBook>;

export interface UptimeMeter {
	/** 0-1; also notes that the host is up now. */
	share(now: number): number;
}

export function openUptime(file: string, now: number): UptimeMeter {
	let book = noteUp(read(file) ?? { firstSeen: now, lastSeen: now, outages: [] }, now);
	let savedAt = now;
	save(file, book);
	return {
		share(at) {
			book = { ...book, lastSeen: Math.max(at, book.lastSeen) };
			if (at - savedAt > SAVE_EVERY_MS) {
				savedAt = at;
				save(file, book);
			}
			return upShare(book, at);
		},
	};
}

/** Pure: the host is up at `now`; a long silence before it was an outage. */
export function noteUp(book: UptimeBook, now: number): UptimeBook {
	const silent = now - book.lastSeen;
	const outages = silent > GRACE_MS ? [...book.outages, [book.lastSeen, now] as [number, number]] : book.outages;
	return { ...book, lastSeen: Math.max(now, book.lastSeen), outages: outages.filter(([, to]) => now - to < WINDOW_MS) };
}

/** Pure. */
export function upShare(book: UptimeBook, now: number): number {
	const from = Math.max(book.firstSeen, now - WINDOW_MS);
	if (now <= from) return 1;
	const down = book.outages.reduce((sum, [start, end]) => sum + Math.max(0, end - Math.max(start, from)), 0);
	return Math.round((1 - down / (now - from)) * 10_000) / 10_000;
}

function read(file: string): UptimeBook | null {
	try {
		return UptimeBook.parse(JSON.parse(readFileSync(file, 'utf8')));
	} catch {
		// Absent or damaged: the count begins anew.
		return null;
	}
}

function save(file: string, book: UptimeBook): void {
	try {
		writeDurably(file, JSON.stringify(book));
	} catch {
		// A full disk must not end the host over a statistic.
	}
}
