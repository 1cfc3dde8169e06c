// Who was heard when, and what of it is news. Times are given, so that it can be tested without waiting. Pure but for `tell`.
import type { Beat, HeartbeatNews } from '../runtime/engine/ports.ts';

export const SUSPECT_MS = 1_500;
/** How long after an interruption this host's judgement is doubtful. */
const BLINK_MS = 2_000;
/** A tick this late means that this thread was frozen, and heard nobody meanwhile. */
const FROZEN_MS = 1_000;
/** In a larger cluster each beat is heard by so many that hosts beat half as often: then three fit into SUSPECT_MS. */
const CROWD = 16;
/** A host silent for so long is forgotten; its next beat is news of a new one. */
const FORGET_MS = 3_600_000;

interface Heard {
	beat: Beat;
	lastAt: number;
	/** Silence counts from here: the last beat, or the moment this host could hear again. */
	silentFrom: number;
	silent: boolean;
}

export interface Ear {
	hear(beat: Beat, now: number, wallNow: number): void;
	tick(now: number): void;
	link(connected: boolean, now: number): void;
	connected(): boolean;
	blinked(now: number): boolean;
	/** So many are heard that each beat counts. */
	crowded(): boolean;
	/** How many ticks of 250 ms there are from one own beat to the next. */
	ticksPerBeat(): number;
	/** ms since `host` was heard; null if never. */
	age(host: string, now: number): number | null;
}

export function newEar(self: string, tell: (news: HeartbeatNews) => void): Ear {
	const hosts = new Map<string, Heard>();
	let connected = true;
	let doubtfulUntil = 0;
	let lastTick: number | null = null;

	const listenAnew = (now: number) => {
		doubtfulUntil = now + BLINK_MS;
		for (const heard of hosts.values()) heard.silentFrom = now;
	};
	const thaw = (now: number) => {
		listenAnew(now);
		if (!connected) return;
		tell({ type: 'link', connected: false });
		tell({ type: 'link', connected: true });
	};
	const judge = (now: number) => {
		for (const [host, heard] of hosts) {
			if (now - heard.lastAt > FORGET_MS) hosts.delete(host);
			else if (!heard.silent && now - heard.silentFrom > SUSPECT_MS) {
				heard.silent = true;
				tell({ type: 'silent', host, incarnation: heard.beat.incarnation, forMs: Math.round(now - heard.lastAt) });
			}
		}
	};
	return {
		hear(beat, now, wallNow) {
			if (beat.host === self) return;
			const before = hosts.get(beat.host);
			if (before && beat.incarnation < before.beat.incarnation) return;
			hosts.set(beat.host, { beat, lastAt: now, silentFrom: now, silent: false });
			if (!before || isNews(before.beat, beat)) tell({ type: 'heard', beat, skewMs: beat.at - wallNow });
			if (before?.silent) tell({ type: 'back', beat });
		},
		tick(now) {
			const frozen = lastTick !== null && now - lastTick > FROZEN_MS;
			lastTick = now;
			if (frozen) thaw(now);
			if (connected) judge(now);
		},
		link(up, now) {
			if (up === connected) return;
			connected = up;
			listenAnew(now);
			tell({ type: 'link', connected: up });
		},
		connected: () => connected,
		blinked: (now) => !connected || now < doubtfulUntil,
		crowded: () => hosts.size >= CROWD,
		ticksPerBeat: () => (hosts.size >= CROWD ? 2 : 1),
		age: (host, now) => {
			const heard = hosts.get(host);
			return heard ? Math.round(now - heard.lastAt) : null;
		},
	};
}

function isNews(before: Beat, after: Beat): boolean {
	return (
		before.incarnation !== after.incarnation ||
		before.adopting !== after.adopting ||
		before.blinked !== after.blinked ||
		before.machines.join() !== after.machines.join()
	);
}
