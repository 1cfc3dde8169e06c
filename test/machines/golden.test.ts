// Records as released versions wrote them. They stay here for ever: a newer Covey must restore each, and go on with it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Live } from '../../runtime/engine/live.ts';
import { type ActorRecord, damagedField, type Json, type JsonObject } from '../../runtime/engine/record.ts';
import { firstStep, type Input, step } from '../../runtime/engine/step.ts';
import { restore } from '../../runtime/engine/versions.ts';
import { projectRoot } from '../helpers/source-tree.ts';
import { MACHINES, outputsOf, placeOf, type Tried } from './machine-list.ts';

describe.each(MACHINES.map((tried) => [tried.machine.id, tried] as const))('golden records of %s', (id, tried) => {
	const file = join(projectRoot, 'test/machines/golden', tried.golden);
	// WRITE_GOLDEN=host@1 writes those of a version that is not released yet.
	if (process.env.WRITE_GOLDEN === id) writeFileSync(file, `${JSON.stringify(oneRecordOfEachPhase(tried), null, '\t')}\n`);
	const records = JSON.parse(readFileSync(file, 'utf8')) as [ActorRecord, ...ActorRecord[]];

	test('every one restores to its phase', () => {
		expect(tried.phases.filter((phase) => !records.some(({ view }) => view.phase === phase)).length).toBeLessThanOrEqual(1);
		for (const record of records) {
			expect(damagedField(record), record.id).toBeNull();
			const restored = restore(tried.kind, record, () => true);
			if (restored.status !== 'restored') throw new Error(`${record.id}: ${JSON.stringify(restored)}`);
			const { context, value, status } = restored.live.snapshot;
			const { phase } = tried.kind.view({ phase: String(value), context, can: () => false });
			expect(phase).toBe(record.view.phase);
			expect(status === 'done').toBe(tried.ends.includes(phase));
			expect(restored.live.record.effects).toEqual(record.effects);
		}
	});

	test('one of an unknown version is left alone, a broken one is said so', () => {
		const [record] = records;
		const unknown = { ...record, machine: { ...record.machine, id: `${tried.kind.kind}@99` } };
		expect(restore(tried.kind, unknown, () => true).status).toBe('unknown-version');
		expect(restore(tried.kind, { ...record, snap: { ...record.snap, value: 'nirvana' } }, () => true).status).toBe('broken');
	});
});

/** Walks the machine breadth first through the engine's step and keeps the first record of each phase. */
function oneRecordOfEachPhase(tried: Tried): ActorRecord[] {
	const found = new Map<string, ActorRecord>();
	const how = { cmdId: 'create', by: 'golden', owner: { host: 'alder', incarnation: 1 }, now: 0, before: null };
	const ref = { kind: tried.kind.kind, id: tried.id };
	const queue: Live[] = [firstStep(tried.kind, tried.machine, ref, tried.inputs[0] as JsonObject, how)];
	const seen = new Set<string>();
	for (let live = queue.shift(); live; live = queue.shift()) {
		const { phase } = live.record.view;
		if (!found.has(phase)) found.set(phase, { ...live.record, commit: `golden:${phase}` });
		for (const input of inputsOf(tried, live)) {
			const outcome = step(live, input, 1_000_000);
			if (outcome.status !== 'stepped') continue;
			const key = placeOf(tried, outcome.next.snapshot);
			if (seen.has(key)) continue;
			seen.add(key);
			queue.push(outcome.next);
		}
	}
	return [...found.values()];
}

function inputsOf(tried: Tried, live: Live): Input[] {
	const results = Object.values(live.record.effects).flatMap(({ key, token, src }): Input[] => [
		...outputsOf(tried, src).map(
			(output): Input => ({
				type: 'completion',
				key,
				token,
				by: 'golden',
				result: { status: 'done', output: output as Json, notes: [] },
			}),
		),
		{
			type: 'completion',
			key,
			token,
			by: 'golden',
			result: { status: 'failed', error: { code: 'EFFECT_FAILED', message: 'it broke', next: 'mend it' }, notes: [] },
		},
	]);
	const commands = tried.commands.map(
		(command): Input => ({
			type: 'command',
			command: { ...command, cmdId: `${command.type}-${live.record.seq}`, by: 'golden' },
		}),
	);
	const facts = tried.facts.map((event): Input => ({ type: 'fact', event, by: 'golden' }));
	return [...results, ...commands, ...facts];
}
