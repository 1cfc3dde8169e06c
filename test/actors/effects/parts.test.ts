// The effects that install an app's parts and take them back, run twice and in a world where others act, too.
import { expect, test } from 'vitest';
import type { EffectContext } from '../../../actors/effect.ts';
import { installPart } from '../../../actors/effects/install-part.ts';
import { removeParts } from '../../../actors/effects/remove-parts.ts';
import type { HostKit } from '../../../actors/kit.ts';
import { CoveyError, toWire } from '../../../runtime/engine/errors.ts';
import type { Command, Reply } from '../../../runtime/engine/ports.ts';
import type { ActorRecord, ActorRef, JsonObject } from '../../../runtime/engine/record.ts';
import { sampleInstallData, sampleRecord } from '../../helpers/sample-record.ts';

const PART_OF = { instance: 'radarr', since: 5 };
const part = (instance: string) => ({ instance, app: 'deluge', planned: null, uses: [] });

function recordOf(id: string, phase: string, partOf: JsonObject | null, app = 'deluge'): ActorRecord {
	const can: Record<string, true | string> = {
		'install.cancel': phase === 'building' ? true : 'no',
		'install.remove': ['running', 'rolledBack', 'failed'].includes(phase) ? true : 'no',
	};
	const data = sampleInstallData(app, 'birch', { generation: 1 });
	return {
		...sampleRecord(id),
		snap: { context: { partOf } },
		view: { phase, words: `It is ${phase}.`, can, since: 0, data },
	} as unknown as ActorRecord;
}

/** Installs go through `life`, one phase with each look at them. */
function world(records: ActorRecord[] = [], life: string[] = ['building', 'running']) {
	const known = new Map(records.map((record) => [record.id, record]));
	const lives = new Map<string, string[]>();
	const done: string[] = [];
	const notes: string[] = [];
	const needed = new Map<string, string[]>();
	const kit = {
		host: 'alder',
		async create({ id }: ActorRef, input: JsonObject): Promise<Reply> {
			const there = known.get(id);
			if (there && there.view.phase !== 'removed')
				return { ok: false, error: toWire(new CoveyError('NAME_TAKEN', `${id} exists`)) };
			done.push(`create ${id}`);
			known.set(id, recordOf(id, 'queued', (input.partOf ?? null) as JsonObject));
			lives.set(id, [...life]);
			return { ok: true, seq: 1, phase: 'queued' };
		},
		async look({ id }: ActorRef) {
			const record = known.get(id);
			const phase = lives.get(id)?.shift();
			if (record && phase)
				known.set(id, recordOf(id, phase, (record.snap as { context: { partOf: JsonObject } }).context.partOf));
			return known.get(id) ?? null;
		},
		async command({ id }: ActorRef, { type }: Command) {
			done.push(`${type} ${id}`);
			lives.set(id, type === 'install.cancel' ? ['rollingBack', 'rolledBack'] : ['removing', 'removed']);
		},
		neededBy: (instance: string) => needed.get(instance) ?? [],
	} as unknown as HostKit;
	const context: EffectContext = {
		key: 'install/radarr/effect/3',
		actor: { kind: 'install', id: 'radarr' },
		epoch: 1,
		attempt: 1,
		signal: AbortSignal.timeout(20_000),
		progress: () => {},
		note: ({ text }) => notes.push(text),
	};
	return { kit, context, known, done, notes, needed };
}

test('a part is made once, however often the effect runs, and waited for until it runs', async () => {
	const { kit, context, known, done } = world();
	const { run } = installPart(kit);
	await run({ part: part('deluge'), partOf: PART_OF }, context);
	await run({ part: part('deluge'), partOf: PART_OF }, context);
	expect(done).toEqual(['create deluge']);
	expect(known.get('deluge')?.view.phase).toBe('running');
});

test('a part that ends otherwise fails the install, with its words', async () => {
	const { kit, context } = world([], ['building', 'rollingBack', 'rolledBack']);
	await expect(installPart(kit).run({ part: part('deluge'), partOf: PART_OF }, context)).rejects.toMatchObject({
		code: 'DEPENDENCY_FAILED',
		message: expect.stringContaining('It is rolledBack.'),
	});
});

test('an app that somebody else installed meanwhile is used; one of another kind in its place fails the install', async () => {
	const used = world([recordOf('deluge', 'running', null)]);
	await installPart(used.kit).run({ part: part('deluge'), partOf: PART_OF }, used.context);
	expect(used.notes).toContain('deluge was installed by somebody else meanwhile');
	const other = world([recordOf('deluge', 'running', null, 'node-red')]);
	await expect(installPart(other.kit).run({ part: part('deluge'), partOf: PART_OF }, other.context)).rejects.toMatchObject({
		code: 'DEPENDENCY_FAILED',
	});
});

test('what was made is removed last first, cancelled where it is on its way; what was not made stays', async () => {
	const { kit, context, done } = world([
		recordOf('store', 'building', PART_OF),
		recordOf('old', 'running', { instance: 'radarr', since: 4 }),
		recordOf('there', 'running', null),
		recordOf('deluge', 'running', PART_OF),
	]);
	const parts = ['store', 'old', 'there', 'never-made', 'deluge'].map(part);
	await removeParts(kit).run({ parts, partOf: PART_OF }, context);
	expect(done).toEqual(['install.remove deluge', 'install.cancel store', 'install.remove store']);
	await removeParts(kit).run({ parts, partOf: PART_OF }, context);
	expect(done).toHaveLength(3);
});

test('a part that others need by now stays', async () => {
	const { kit, context, done, needed, notes } = world([recordOf('deluge', 'running', PART_OF)]);
	needed.set('deluge', ['sonarr']);
	await removeParts(kit).run({ parts: [part('deluge')], partOf: PART_OF }, context);
	expect(done).toEqual([]);
	expect(notes).toEqual(['deluge stays: sonarr needs it by now']);
});
