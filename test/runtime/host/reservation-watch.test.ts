import { expect, test } from 'vitest';
import type { Reservation } from '../../../actors/drivers/plan.ts';
import { changePlan, readPlan } from '../../../actors/plans.ts';
import { withReservation } from '../../../actors/reservations.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import type { ActorRecord } from '../../../runtime/engine/record.ts';
import { isWanted, watchReservations } from '../../../runtime/host/reservation-watch.ts';
import { sampleInstallData } from '../../helpers/sample-record.ts';
import { manualClock } from './manual-clock.ts';

const kept: Reservation = { app: 'notes', memoryBytes: 1, diskBytes: 1, ports: {}, at: 0 };
const record = (phase: string, host: string | null) =>
	({ view: { phase, data: sampleInstallData('notes', host) } }) as unknown as ActorRecord;

test.each([
	['an install on its way here', record('building', 'alder'), 1_000_000, true],
	['one that is just being placed', record('queued', null), 10_000, true],
	['one whose placing never ended', record('queued', null), 200_000, false],
	['one that was placed elsewhere', record('building', 'birch'), 0, false],
	['one that failed', record('failed', null), 0, false],
	['one that was taken back', record('rolledBack', 'alder'), 0, false],
	['one that runs and needs it no more', record('running', 'alder'), 0, false],
	['nobody', null, 0, false],
] as const)('room kept for %s', (_who, install, now, wanted) => {
	expect(isWanted(install, kept, 'alder', now)).toBe(wanted);
});

test('what a failed install held is freed, what was kept anew meanwhile stays', async () => {
	const documents = memoryDocuments();
	for (const [name, at] of [
		['failed', 1],
		['again', 2],
	] as const)
		await changePlan(documents, 'alder', (plan) => withReservation(plan, name, { ...kept, at }));
	const freed: string[] = [];
	const watch = watchReservations({
		host: 'alder',
		clock: manualClock(),
		documents,
		readPlan: () => readPlan(documents, 'alder'),
		onFreed: (instance) => void freed.push(instance),
		onFailure: (thrown) => {
			throw thrown;
		},
		look: async ({ id }) => {
			// A person retries while it looks.
			if (id === 'again') await changePlan(documents, 'alder', (plan) => withReservation(plan, 'again', { ...kept, at: 3 }));
			return record('failed', null);
		},
	});
	await watch.look();
	watch.stop();
	expect(freed).toEqual(['failed']);
	expect((await readPlan(documents, 'alder')).reserved).toEqual({ again: { ...kept, at: 3 } });
});
