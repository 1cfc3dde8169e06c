// The verifier must be able to see: doctored findings, each with one fault.
import { expect, test } from 'vitest';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import type { Findings } from './findings.ts';
import { verify } from './verifier.ts';

const record = (change: Partial<ActorRecord>): ActorRecord => ({ ...sampleRecord('notes'), ...change });
const view = (phase: string) => ({ phase, words: '', can: {}, since: 0, data: {} });
const last = { event: { type: 'install.create' }, from: '', to: '', at: 1_000, by: 'test' };
const findings = (change: Partial<Findings>, records: Partial<ActorRecord>[] = []): Findings => ({
	histories: new Map([
		[
			'install/notes',
			records.map((one, index) => ({
				record: record({ view: view('stopped'), last, effects: {}, timers: {}, seen: [], ...one }),
				revision: index + 1,
			})),
		],
	]),
	hosts: [],
	units: [],
	acknowledged: [],
	...change,
});

test('an honest history has no complaint', () => {
	expect(
		verify(
			findings({}, [
				{ seq: 1, epoch: 1 },
				{ seq: 2, epoch: 1 },
				{ seq: 2, epoch: 2, owner: { host: 'birch', incarnation: 1 } },
			]),
		),
	).toEqual([]);
});

test('a hole in the steps is V2', () => {
	expect(
		verify(
			findings({}, [
				{ seq: 1, epoch: 1 },
				{ seq: 3, epoch: 1 },
			]),
		),
	).toEqual([expect.stringMatching(/^V2 .*1 is followed by 3/)]);
});

test('two owners in one epoch and an epoch that falls are V3', () => {
	const alder = { host: 'alder', incarnation: 1 };
	const birch = { host: 'birch', incarnation: 1 };
	expect(
		verify(
			findings({}, [
				{ seq: 1, epoch: 2, owner: alder },
				{ seq: 2, epoch: 2, owner: birch },
			]),
		),
	).toEqual([expect.stringMatching(/^V3 .*alder#1 and birch#1/)]);
	expect(
		verify(
			findings({}, [
				{ seq: 1, epoch: 3, owner: alder },
				{ seq: 2, epoch: 2, owner: birch },
			]),
		),
	).toEqual([expect.stringMatching(/^V3 .*epoch 2 after 3/)]);
});

test('a command applied twice, and one acknowledged and lost, are V4', () => {
	const twice = [
		{ seq: 1, epoch: 1, seen: [['a', 1, 0, null]] },
		{ seq: 2, epoch: 1, seen: [['a', 2, 0, null]] },
	] as Partial<ActorRecord>[];
	expect(verify(findings({}, twice))).toEqual([expect.stringMatching(/^V4 .*steps 1 and 2/)]);
	expect(verify(findings({ acknowledged: [{ actor: 'install/notes', seq: 7 }] }, [{ seq: 1, epoch: 1 }]))).toEqual([
		expect.stringMatching(/^V4 .*step 7/),
	]);
});

test('a job that no commit asked for, or that began before its step, is V1', () => {
	const job = {
		key: 'install/notes/startApp/1',
		actor: 'install/notes',
		epoch: 1,
		token: 1,
		effect: 'startApp',
		state: 'done',
		created: 500,
	};
	const host = { host: 'alder', log: [], jobs: [job], plan: null, data: [] };
	expect(verify(findings({ hosts: [host] }, [{ seq: 1, epoch: 1 }]))).toEqual([
		expect.stringMatching(/^V1 .*no commit asked for/),
	]);
	const effects = { startApp: { src: 'startApp', input: null, token: 1, key: job.key, host: 'alder' } };
	expect(verify(findings({ hosts: [host] }, [{ seq: 1, epoch: 1, effects }]))).toEqual([
		expect.stringMatching(/^V1 .*500 ms before/),
	]);
});

test('an app that runs twice, or where no plan has it, is V7', () => {
	const units = [
		{ instance: 'notes', host: 'alder', pid: 1 },
		{ instance: 'notes', host: 'birch', pid: 2 },
	];
	const complaints = verify(findings({ units }, [{ seq: 1, epoch: 1 }]));
	expect(complaints).toContainEqual(expect.stringMatching(/^V7 notes runs 2 times/));
	expect(complaints).toContainEqual(expect.stringMatching(/^V7 notes runs on alder, but is in the plan of nobody/));
	expect(verify(findings({}, [{ seq: 1, epoch: 1, view: view('running') }]))).toContainEqual(
		expect.stringMatching(/^V7 .*no process/),
	);
});

test('an actor that waits for nothing is V10', () => {
	expect(verify(findings({}, [{ seq: 1, epoch: 1, view: view('building') }]))).toEqual([
		expect.stringMatching(/^V10 .*nothing to wait for/),
	]);
});
