// Records as released versions wrote them. They stay here for ever: a newer Covey must restore each, and go on with it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PHASES } from '../../machines/install/contract.ts';
import { installKind } from '../../machines/install/kind.ts';
import { installMachine } from '../../machines/install/machine.ts';
import type { Live } from '../../runtime/engine/live.ts';
import { type ActorRecord, RecordShape } from '../../runtime/engine/record.ts';
import { firstStep, type Input, step } from '../../runtime/engine/step.ts';
import { restore } from '../../runtime/engine/versions.ts';
import { projectRoot } from '../helpers/source-tree.ts';

const FILE = join(projectRoot, 'test/machines/golden/install-1.json');

test('every golden record of install@1 restores to its phase', () => {
	if (process.env.WRITE_GOLDEN) writeFileSync(FILE, `${JSON.stringify(oneRecordOfEachPhase(), null, '\t')}\n`);
	const records = JSON.parse(readFileSync(FILE, 'utf8')) as ActorRecord[];
	expect(records.length).toBeGreaterThanOrEqual(PHASES.length - 1);
	for (const record of records) {
		expect(RecordShape.safeParse(record).success, record.id).toBe(true);
		const restored = restore(installKind, record, () => true);
		if (restored.status !== 'restored') throw new Error(`${record.id}: ${JSON.stringify(restored)}`);
		const { context, value, status } = restored.live.snapshot;
		const { phase } = installKind.view({ phase: String(value), context, can: () => false });
		expect(phase).toBe(record.view.phase);
		expect(status === 'done').toBe(phase === 'removed');
		expect(restored.live.record.effects).toEqual(record.effects);
	}
});

test('a record of an unknown version is left alone, a broken one is said so', () => {
	const [record] = JSON.parse(readFileSync(FILE, 'utf8')) as [ActorRecord];
	expect(restore(installKind, { ...record, machine: { ...record.machine, id: 'install@99' } }, () => true).status).toBe(
		'unknown-version',
	);
	expect(restore(installKind, { ...record, snap: { ...record.snap, value: 'nirvana' } }, () => true).status).toBe('broken');
});

/** Walks the machine breadth first through the engine's step and keeps the first record of each phase. */
function oneRecordOfEachPhase(): ActorRecord[] {
	const found = new Map<string, ActorRecord>();
	const how = { cmdId: 'create', by: 'golden', owner: { host: 'alder', incarnation: 1 }, now: 0, before: null };
	const queue: Live[] = [
		firstStep(installKind, installMachine, { kind: 'install', id: 'golden' }, { app: 'notes', pinnedHost: null, ports: {} }, how),
	];
	const seen = new Set<string>();
	for (let live = queue.shift(); live; live = queue.shift()) {
		const { phase } = live.record.view;
		if (!found.has(phase)) found.set(phase, { ...live.record, commit: `golden:${phase}` });
		for (const input of inputsOf(live)) {
			const outcome = step(live, input, 1_000_000);
			if (outcome.status !== 'stepped') continue;
			const key = JSON.stringify([
				outcome.next.record.snap.value,
				outcome.next.record.view.data.undo,
				outcome.next.record.view.data.host,
			]);
			if (seen.has(key)) continue;
			seen.add(key);
			queue.push(outcome.next);
		}
	}
	return [...found.values()];
}

function inputsOf(live: Live): Input[] {
	const outputs: Record<string, unknown> = {
		placeInstall: { host: 'birch', reason: 'most memory' },
		writePlan: { ports: [{ name: 'web', port: 20_000, protocol: 'tcp', url: 'http://127.0.0.1:20000' }] },
		buildGeneration: { generation: 3 },
		startApp: { generation: 3 },
		inspectApp: { state: 'running', reason: '' },
	};
	const results = Object.values(live.record.effects).flatMap(({ key, token, src }): Input[] => [
		{
			type: 'completion',
			key,
			token,
			by: 'golden',
			result: { status: 'done', output: (outputs[src] ?? null) as never, notes: [] },
		},
		{
			type: 'completion',
			key,
			token,
			by: 'golden',
			result: { status: 'failed', error: { code: 'EFFECT_FAILED', message: 'it broke', next: 'mend it' }, notes: [] },
		},
	]);
	const commands = ['install.cancel', 'install.stop', 'install.remove'].map(
		(type): Input => ({
			type: 'command',
			command: {
				cmdId: `${type}-${live.record.seq}`,
				type,
				by: 'golden',
				...(type === 'install.remove' ? { deleteData: false } : {}),
			},
		}),
	);
	const facts = ['host.lost', 'app.unhealthy'].map(
		(type): Input => ({ type: 'fact', event: { type, host: 'birch', reason: 'because' }, by: 'golden' }),
	);
	return [...results, ...commands, ...facts];
}
