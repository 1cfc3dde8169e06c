// The verifier must be able to see: doctored findings, each with one fault.
import { expect, test } from 'vitest';
import type { ActorRecord, Json } from '../../runtime/engine/record.ts';
import { sampleInstallData, sampleRecord } from '../helpers/sample-record.ts';
import type { Findings, HostFindings } from './findings.ts';
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
				at: 1_000,
			})),
		],
	]),
	hosts: [],
	units: [],
	doubles: [],
	acknowledged: [],
	planted: [],
	...change,
});

const host = (change: Partial<HostFindings>): HostFindings => ({
	host: 'alder',
	log: [],
	jobs: [],
	plan: null,
	built: [],
	data: [],
	...change,
});
const plan = (name: string, desired: 'running' | 'stopped') =>
	({ schema: 1, host: name, revision: 1, apps: { notes: { instance: 'notes', desired } } }) as unknown as HostFindings['plan'];
const installData = sampleInstallData('notes', 'alder', { generation: 1 });
const runningOn = (name: string) => ({ ...view('running'), data: { ...installData, host: name } });
const identity = { schema: 1 as const, instance: 'notes', app: 'notes', createdAt: 0, firstStarted: 1, lastHealthy: 1 };

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

test('an honest host has no complaint', () => {
	const alder = host({
		plan: plan('alder', 'running'),
		built: ['notes'],
		log: [{ type: 'jobBegan', at: 1, key: 'install/notes/startApp/1', epoch: 1 }],
		data: [{ identity: { ...identity, volumes: { data: { proven: true } } }, volumes: ['data'] }],
	});
	const units = [{ instance: 'notes', host: 'alder', pid: 1 }];
	const planted = [{ instance: 'notes', text: 'kept', onDisk: 'kept', served: 'kept' }];
	expect(verify(findings({ hosts: [alder], units, planted }, [{ view: runningOn('alder') }]))).toEqual([]);
});

test('a hole in the steps, or a missing beginning, is V2', () => {
	expect(verify(findings({}, [{ seq: 2 }]))).toEqual([expect.stringMatching(/^V2 .*begins with seq 2/)]);
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

test('a command applied twice is V4', () => {
	const twice = [
		{ seq: 1, epoch: 1, seen: [['a', 1, 0, null]] },
		{ seq: 2, epoch: 1, seen: [['a', 2, 0, null]] },
	] as Partial<ActorRecord>[];
	expect(verify(findings({}, twice))).toEqual([expect.stringMatching(/^V4 .*steps 1 and 2/)]);
});

test('two commits of one step are V2, unless the second keeps a refusal', () => {
	const first: ActorRecord['seen'] = [['a', 1, 0, { ok: true, seq: 1, phase: 'queued' }]];
	const second = (reply: Json) => [...first, ['b', 1, 0, reply]] as ActorRecord['seen'];
	const told = (seen: ActorRecord['seen']) =>
		verify(
			findings({}, [
				{ seq: 1, epoch: 1, seen: first },
				{ seq: 1, epoch: 1, seen },
			]),
		).filter((one) => one.startsWith('V2'));
	expect(told(second({ ok: false, error: { code: 'NOT_ALLOWED_NOW', message: 'It runs.', next: '' } }))).toEqual([]);
	expect(told(second({ ok: true, seq: 1, phase: 'queued' }))).toEqual([expect.stringMatching(/^V2 .*two commits of seq 1/)]);
	expect(told(first)).toEqual([expect.stringMatching(/^V2 .*two commits of seq 1/)]);
});

test('a command that was acknowledged and is not that step of the history is V4', () => {
	const lost = { actor: 'install/notes', cmdId: 'c', type: 'install.stop', seq: 2 };
	const seen: ActorRecord['seen'] = [['c', 2, 0, null]];
	const stop = { ...last, event: { type: 'install.stop' } };
	const told = (records: Partial<ActorRecord>[]) =>
		verify(findings({ acknowledged: [lost] }, records)).filter((complaint) => complaint.startsWith('V4'));
	expect(told([{ seq: 1 }])).toEqual([expect.stringMatching(/^V4 .*acknowledged as step 2/)]);
	expect(told([{ seq: 1 }, { seq: 2 }])).toEqual([expect.stringMatching(/^V4 .*acknowledged as step 2/)]);
	expect(told([{ seq: 1 }, { seq: 2, seen }])).toEqual([expect.stringMatching(/^V4 .*and is install.create/)]);
	expect(told([{ seq: 1 }, { seq: 2, seen, last: stop }])).toEqual([]);
});

test('a job that a host took in a lower epoch than one it knew is V3', () => {
	const began = (effect: string, epoch: number) => ({ type: 'jobBegan', at: 1, key: `install/notes/${effect}/1`, epoch });
	const log = [began('preflight', 2), began('startApp', 1)];
	expect(verify(findings({ hosts: [host({ log })] }, [{}]))).toEqual([
		expect.stringMatching(/^V3 .*startApp\/1 in epoch 1 after 2/),
	]);
	const refused = [{ type: 'jobRefused', at: 1, key: 'install/notes/preflight/1', epoch: 1, seen: 3 }, began('startApp', 2)];
	expect(verify(findings({ hosts: [host({ log: refused })] }, [{}]))).toEqual([expect.stringMatching(/^V3 .*epoch 2 after 3/)]);
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
	const alder = host({ jobs: [job] });
	expect(verify(findings({ hosts: [alder] }, [{ seq: 1, epoch: 1 }]))).toEqual([
		expect.stringMatching(/^V1 .*no commit asked for/),
	]);
	const effects = { startApp: { src: 'startApp', input: null, token: 1, key: job.key, host: 'alder' } };
	expect(verify(findings({ hosts: [alder] }, [{ seq: 1, epoch: 1, effects }]))).toEqual([
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
	expect(complaints).toContainEqual(expect.stringMatching(/^V7 notes runs on alder \(1\), but is in the plan of nobody/));
	expect(verify(findings({ doubles: ['notes was started as 2 while 1 ran'] }))).toEqual([
		expect.stringMatching(/^V7 .*while 1 ran/),
	]);
});

test('plans, processes and actors that disagree are V7', () => {
	const unit = { instance: 'notes', host: 'alder', pid: 1 };
	const both = [host({ plan: plan('alder', 'running') }), host({ host: 'birch', plan: plan('birch', 'running') })];
	expect(verify(findings({ hosts: both }, [{}]))).toEqual([expect.stringMatching(/^V7 .*plans of alder and birch/)]);
	const stopped = host({ plan: plan('alder', 'stopped'), built: ['notes'] });
	expect(verify(findings({ hosts: [stopped], units: [unit] }, [{}]))).toContainEqual(
		expect.stringMatching(/^V7 .*should keep it stopped/),
	);
	const unbuilt = host({ plan: plan('alder', 'running') });
	expect(verify(findings({ hosts: [unbuilt], units: [unit] }, [{ view: view('starting'), timers: { t: {} as never } }]))).toEqual(
		[expect.stringMatching(/^V7 .*generation does not have it/)],
	);
	expect(verify(findings({}, [{ view: runningOn('alder') }]))).toContainEqual(expect.stringMatching(/^V7 .*no process there/));
	expect(verify(findings({ units: [unit] }, [{ view: view('rolledBack') }]))).toContainEqual(
		expect.stringMatching(/^V7 .*rolledBack and still there/),
	);
});

test('data that is missing, belongs to another app or has lost a volume is V8; an app that came up empty is V9', () => {
	const was: Partial<ActorRecord>[] = [
		{ seq: 1, view: runningOn('alder') },
		{ seq: 2, view: { ...view('stopped'), data: installData } },
	];
	const complaints = (data: HostFindings['data']) => verify(findings({ hosts: [host({ data })] }, was));
	const volumes = { data: { proven: true } };
	expect(complaints([{ identity: { ...identity, volumes }, volumes: ['data'] }])).toEqual([]);
	expect(complaints([])).toEqual([expect.stringMatching(/^V8 .*missing/)]);
	expect(complaints([{ identity: { ...identity, volumes }, volumes: [] }])).toEqual([
		expect.stringMatching(/^V8 .*lost its volume data/),
	]);
	expect(complaints([{ identity: { ...identity, app: 'other', volumes }, volumes: ['data'] }])).toEqual([
		expect.stringMatching(/^V8 .*belongs to other/),
	]);
	const planted = { instance: 'notes', text: 'kept', onDisk: 'kept', served: '' };
	expect(verify(findings({ planted: [{ ...planted, onDisk: null }] }, [{}]))).toEqual([
		expect.stringMatching(/^V8 .*not on its disk/),
	]);
	expect(verify(findings({ planted: [planted] }, [{ view: runningOn('alder') }]))).toContainEqual(
		expect.stringMatching(/^V9 notes runs without/),
	);
});

test('a step that the machine would not make is V2', () => {
	const steps: Partial<ActorRecord>[] = [
		{ seq: 1, snap: { status: 'active', value: 'stopped', context: {}, children: {} } },
		{
			seq: 2,
			snap: { status: 'active', value: 'running', context: {}, children: {} },
			last: { ...last, event: { type: 'install.start', at: 1, by: 'x' } },
		},
	];
	expect(verify(findings({}, steps))).toContainEqual(expect.stringMatching(/^V2 .*cannot be replayed/));
});

test('an actor that waits for nothing is V10', () => {
	expect(verify(findings({}, [{ seq: 1, epoch: 1, view: view('building') }]))).toEqual([
		expect.stringMatching(/^V10 .*nothing to wait for/),
	]);
});
