// The history checker must see what it is there for: each lie of an answer, planted.
import { expect, test } from 'vitest';
import type { ActorRecord, Stored } from '../../runtime/engine/record.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { type Call, historyComplaints } from './history.ts';

/** Each step: the command that made it, or null for a timer, a fact or a result. `owner` and a refusal repeat the record. */
type Step = { cmdId: string; type: string } | null | 'owner' | { refused: string };

const start = (cmdId: string): Step => ({ cmdId, type: 'install.start' });

function historyOf(steps: readonly Step[], id = 'notes'): Map<string, Stored[]> {
	let record: ActorRecord = sampleRecord(id, { seq: 0 });
	const stored = steps.map((step, index): Stored => {
		if (step === 'owner') record = { ...record, epoch: record.epoch + 1 };
		else if (step && 'refused' in step) {
			const error = { code: 'NOT_ALLOWED_NOW', message: 'It runs.', next: '' };
			record = { ...record, seen: [...record.seen, [step.refused, record.seq, index, { ok: false, error }]] };
		} else {
			const seq = record.seq + 1;
			const type = step?.type ?? 'timer';
			const last = { ...record.last, event: { type } };
			record = { ...record, seq, last, seen: step ? [...record.seen, [step.cmdId, seq, index, null]] : record.seen };
		}
		return { record, revision: index + 1 };
	});
	return new Map([[`install/${id}`, stored]]);
}

const call = (cmdId: string, outcome: Call['outcome'], more: Partial<Call> = {}): Call => ({
	client: 'alder',
	actor: 'install/notes',
	cmdId,
	type: 'install.start',
	sentAt: 100,
	answeredAt: 200,
	tries: 1,
	outcome,
	...more,
});
const done = (seq: number): Call['outcome'] => ({ status: 'acknowledged', seq });
const refused: Call['outcome'] = { status: 'refused', code: 'NOT_ALLOWED_NOW' };
const unknown: Call['outcome'] = { status: 'unknown', code: 'TIMEOUT' };

test('answers that are true are no complaint, and neither is a change of owner', () => {
	const history = historyOf([start('a'), 'owner', null, start('b'), 'owner', 'owner']);
	expect(historyComplaints([call('a', done(1)), call('b', done(3)), call('c', refused), call('d', unknown)], history)).toEqual(
		[],
	);
});

test('a refusal that was kept is no application', () => {
	const history = historyOf([start('a'), { refused: 'b' }, null]);
	const kept = (history.get('install/notes') ?? []).slice(1, 2);
	expect(historyComplaints([call('a', done(1)), call('b', refused)], new Map([['install/notes', kept]]))).toEqual([]);
});

test('a command of unknown outcome may have been applied once', () => {
	expect(historyComplaints([call('a', unknown)], historyOf([start('a')]))).toEqual([]);
});

test.each([
	[
		'an acknowledged command that is nowhere',
		[call('a', done(1))],
		historyOf([null]),
		/acknowledged as step 1 and is not in the timeline/,
	],
	[
		'an acknowledged command that is another step',
		[call('a', done(2))],
		historyOf([start('a'), null]),
		/as step 2 and is step 1/,
	],
	[
		'an acknowledged command that was applied twice',
		[call('a', done(1))],
		historyOf([start('a'), null, start('a')]),
		/applied 2 times/,
	],
	['an unknown command that was applied twice', [call('a', unknown)], historyOf([start('a'), start('a')]), /applied 2 times/],
	[
		'a refused command that was applied',
		[call('a', refused)],
		historyOf([start('a')]),
		/refused \(NOT_ALLOWED_NOW\) and is step 1/,
	],
	[
		'a command applied as something else',
		[call('a', done(1), { type: 'install.stop' })],
		historyOf([start('a')]),
		/applied as install.start/,
	],
	[
		'a command applied to somebody else',
		[call('a', done(1), { actor: 'install/other' })],
		historyOf([start('a')]),
		/applied to install\/notes/,
	],
	['a command that nobody sent', [call('a', done(1))], historyOf([start('a'), start('ghost')]), /asked by nobody \(ghost\)/],
	[
		'two commands in the wrong order',
		[call('a', done(2)), call('b', done(1), { sentAt: 300, answeredAt: 400 })],
		historyOf([start('b'), start('a')]),
		/was answered as step 2 before .*\(b\) was sent, which is step 1/,
	],
])('%s is a complaint', (_what, calls, history, words) => {
	expect(historyComplaints(calls, history)).toEqual([expect.stringMatching(words)]);
});
