// Small machines that lean on everything the engine promises: retries, re-entered invokes, absolute timers, cancel,
// parallel effects on named hosts, counted commands, an end and a second life under the same name.
import { z } from 'zod';
import type { Kind, Seen } from '../../runtime/engine/kind.ts';
import type { JsonObject } from '../../runtime/engine/record.ts';
import { errand } from './machine-errand.ts';
import { fan } from './machine-fan.ts';
import { lamp } from './machine-lamp.ts';

/** Delays by name; the checker compares each armed timer with them. */
export const DELAYS: Record<string, number> = {
	queueLimit: 3_000,
	workLimit: 6_000,
	backoff: 800,
	failedRest: 4_000,
	rest: 1_500,
	undoRetry: 700,
	retryA: 600,
	retryB: 900,
	fanLimit: 25_000,
	glow: 1_100,
	dark: 1_700,
};

const commandNames = ['ADD', 'START', 'CANCEL', 'RESTART', 'AGAIN', 'POKE', 'FINISH'] as const;
export type CommandName = (typeof commandNames)[number];

const command = z.object({ type: z.enum(commandNames), tag: z.string() });
const fact = z.object({ type: z.literal('nudged'), tag: z.string() });

const create = z.object({ hosts: z.array(z.string()).min(1), home: z.string().nullable() });

const kind = (name: string, machine: Kind['versions'][0]['machine']): Kind => ({
	kind: name,
	versions: [{ machine }],
	create,
	command,
	fact,
	view: (seen: Seen) => ({
		phase: seen.phase,
		words: seen.phase,
		can: { CANCEL: seen.can({ type: 'CANCEL', tag: '' }) || 'not now' },
		data: {},
	}),
	home: (context: JsonObject) => (typeof context.home === 'string' ? context.home : null),
});

export const kinds: readonly Kind[] = [kind('errand', errand), kind('fan', fan), kind('lamp', lamp)];

/** Commands that clients send to each kind. */
export const COMMANDS: Record<string, readonly CommandName[]> = {
	errand: ['ADD', 'ADD', 'ADD', 'START', 'CANCEL', 'RESTART', 'RESTART', 'AGAIN', 'AGAIN', 'FINISH'],
	fan: ['ADD', 'ADD', 'ADD', 'CANCEL'],
	lamp: ['ADD', 'ADD', 'POKE', 'POKE', 'POKE', 'FINISH'],
};

/** What must be pending in a phase: ids of effects, names of delays. The record is compared with it at each commit. */
export const PENDING: Record<string, { effects: string[]; timers: string[] }> = {
	queued: { effects: [], timers: ['queueLimit'] },
	working: { effects: ['work'], timers: ['workLimit'] },
	backingOff: { effects: [], timers: ['backoff'] },
	failed: { effects: [], timers: ['failedRest'] },
	resting: { effects: [], timers: ['rest'] },
	idle: { effects: [], timers: [] },
	undoing: { effects: ['undo'], timers: [] },
	undoWaiting: { effects: [], timers: ['undoRetry'] },
	'spread.a.pulling': { effects: ['pullA'], timers: [] },
	'spread.a.waiting': { effects: [], timers: ['retryA'] },
	'spread.b.pulling': { effects: ['pullB'], timers: [] },
	'spread.b.waiting': { effects: [], timers: ['retryB'] },
	'spread.a.pulled': { effects: [], timers: [] },
	'spread.b.pulled': { effects: [], timers: [] },
	spread: { effects: [], timers: ['fanLimit'] },
	on: { effects: [], timers: ['glow'] },
	off: { effects: [], timers: ['dark'] },
	unlit: { effects: [], timers: [] },
	finished: { effects: [], timers: [] },
	cancelled: { effects: [], timers: [] },
	joined: { effects: [], timers: [] },
};
