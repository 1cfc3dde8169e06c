import { expect, test } from 'vitest';
import type { ActorRecord } from '../../../runtime/engine/record.ts';
import { covey, type FakeClient, recordOf } from './fake-cluster.ts';

/** A cluster whose install publishes these records while it is being accepted. */
function publishing(records: ActorRecord[], seq = 1): FakeClient {
	let tell: (record: ActorRecord) => void = () => {};
	return {
		watchActor: (_ref: unknown, onRecord: typeof tell) => {
			tell = onRecord;
			return () => {};
		},
		create: async () => {
			for (const record of records) tell(record);
			return { ok: true, seq, phase: 'queued' };
		},
	};
}

const failed = (code: string) => ({ host: 'alder', url: null, failure: { code, message: 'Why.', next: 'Do that.' } });
const running = { host: 'alder', url: 'http://192.0.2.7:1880', failure: null };

test('--wait shows each phase once, in order, though records come twice and before the reply', async () => {
	const [queued, building, done] = [recordOf(1, 'queued'), recordOf(2, 'building'), recordOf(3, 'running', { data: running })];
	const { exit, out } = await covey('install node-red --wait', publishing([queued, building, building, queued, done, done]));
	expect(exit).toBe(0);
	expect(out).toBe('queued: It is queued.\nbuilding: It is building.\nrunning: It is running.\n');
});

test('--wait puts records in order that came in another', async () => {
	const { out } = await covey(
		'install node-red --wait',
		publishing([recordOf(2, 'building'), recordOf(1, 'queued'), recordOf(3, 'running')]),
	);
	expect(out.match(/^[a-z]+(?=:)/gm)).toEqual(['queued', 'building', 'running']);
});

test('--wait takes no notice of how an earlier life of the actor ended', async () => {
	const { exit, out } = await covey(
		'install node-red --wait',
		publishing([recordOf(4, 'removed'), recordOf(5, 'queued'), recordOf(6, 'running')], 5),
	);
	expect(exit).toBe(0);
	expect(out).not.toContain('removed');
});

test.each([
	['PORT_IN_USE', 'rolledBack', 3],
	['MISSING_PROGRAM', 'rolledBack', 3],
	['BUILD_FAILED', 'rolledBack', 1],
	['START_FAILED', 'failed', 1],
])('--wait that ends with %s in %s has exit code %i', async (code, phase, exit) => {
	const ended = await covey('install node-red --wait', publishing([recordOf(1, phase, { data: failed(code) })]));
	expect(ended.exit).toBe(exit);
	expect(ended.out).toContain('What to do: Do that.');
});

test('--wait --json prints one object at the end, and nothing before', async () => {
	const { out } = await covey(
		'install node-red --wait --json',
		publishing([recordOf(1, 'queued'), recordOf(2, 'running', { data: running })]),
	);
	expect(JSON.parse(out)).toMatchObject({
		instance: 'node-red',
		phase: 'running',
		host: 'alder',
		url: 'http://192.0.2.7:1880',
		failure: null,
	});
});

test('--wait finds the end by asking when no news come', async () => {
	const ask = async () => ({ actor: { seq: 7, phase: 'running', words: 'It runs.', effects: [] }, data: running });
	const { exit, out } = await covey('install node-red --wait', { ...publishing([]), ask });
	expect(exit).toBe(0);
	expect(out).toContain('running: It runs.');
}, 20_000);

test('--wait gives up after --timeout, and says that the work goes on', async () => {
	const ask = async () => ({ actor: { seq: 1, phase: 'building', words: 'It builds.', effects: [] }, data: running });
	const { exit, err } = await covey('install node-red --wait --timeout 1', { ...publishing([]), ask });
	expect(exit).toBe(4);
	expect(err).toContain('the work goes on');
}, 20_000);

test('without --wait it says that the work is accepted and how to follow it', async () => {
	const { exit, out } = await covey('install node-red', publishing([]));
	expect(exit).toBe(0);
	expect(out).toContain('covey show node-red');
});

test('in a pipe there are no control characters', async () => {
	const { out } = await covey('install node-red --wait', publishing([recordOf(1, 'queued'), recordOf(2, 'running')]));
	expect([...out].filter((letter) => letter < ' ' && letter !== '\n')).toEqual([]);
});
