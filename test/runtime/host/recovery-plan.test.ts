import { expect, test } from 'vitest';
import type { ActorRecord } from '../../../runtime/engine/record.ts';
import { planRecovery, type RecoveryFacts, type RecoveryPlan } from '../../../runtime/host/recovery-plan.ts';
import { recoveryWords } from '../../../runtime/host/recovery-words.ts';
import type { Member } from '../../../runtime/trust/members.ts';

const NOW = Date.UTC(2026, 0, 2, 12);
const member = (host: string, role: Member['role'], forgottenAt: number | null = null): Member => ({
	schema: 1,
	host,
	install: 1,
	address: '192.0.2.1',
	ports: { nats: 1, cluster: 2, leaf: 3, http: 4 },
	pin: null,
	nkey: null,
	role,
	witness: false,
	version: '1',
	joinedAt: 0,
	forgottenAt,
});
const install = (instance: string, host: string, movable = false): ActorRecord =>
	({
		kind: 'install',
		id: instance,
		view: {
			phase: movable ? 'queued' : 'running',
			can: { 'install.relocate': movable ? true : 'it has run' },
			data: {
				...{ app: 'notes', host, pinned: false, url: null, ports: [], generation: null, failure: null, undo: [] },
				...{ unreachableSince: null, placement: null },
			},
		},
	}) as unknown as ActorRecord;

const facts = (more: Partial<RecoveryFacts>): RecoveryFacts => ({
	host: 'cedar',
	members: [member('alder', 'voter'), member('birch', 'voter'), member('cedar', 'voter'), member('gone', 'leaf', 5)],
	records: [install('wiki', 'cedar'), install('photos', 'birch'), install('new', 'alder', true)],
	source: { type: 'store', asOf: NOW - 20 * 60_000, copyAsOf: null, copied: [] },
	hasAuthority: true,
	credentials: ['ci'],
	...more,
});

const wordsOf = (plan: RecoveryPlan): string =>
	recoveryWords(plan, NOW)
		.flatMap(({ title, lines }) => [title, ...lines])
		.join('\n');

test('a voter goes on with its store: who is forgotten, whose apps are lost, what is placed anew', () => {
	const plan = planRecovery(facts({}));
	expect(plan).toMatchObject({
		forgotten: [
			{ host: 'alder', votes: true, apps: [] },
			{ host: 'birch', votes: true, apps: ['photos'] },
		],
		appsHere: ['wiki'],
		placedAnew: ['new'],
		authority: 'kept',
		credentialsLost: [],
	});
	const words = wordsOf(plan);
	expect(words).toContain("The cluster's data in its own store, as it was 20 min ago (2026-01-02 11:40:00 UTC).");
	expect(words).toContain('alder, birch are forgotten');
	expect(words).toContain('On birch: photos. It is shown as lost and started nowhere: its data is on that disk.');
	expect(words).toContain('Apps on cedar: wiki.');
	expect(words).toContain('Never let alder, birch run again as they are');
	expect(words).toContain('covey leave --abandon');
});

test('a host that never voted has a copy of some age, and no key of the authority', () => {
	const plan = planRecovery(
		facts({
			host: 'birch',
			members: [member('alder', 'voter'), member('birch', 'leaf')],
			hasAuthority: false,
			source: { type: 'copy', asOf: NOW - 12_000, why: null },
		}),
	);
	expect(plan).toMatchObject({ forgotten: [{ host: 'alder' }], appsHere: ['photos'], authority: 'new', credentialsLost: ['ci'] });
	const words = wordsOf(plan);
	expect(words).toContain("Its copy of the cluster's data, as it was 12 s ago");
	expect(words).toContain('Every change after that, also when it was acknowledged.');
	expect(words).toContain('birch founds a new one. Tokens made before do not work any more, nor do the credentials ci.');
});

test('what comes of the copy besides the own store is named, and why the own store is not used', () => {
	const source = { type: 'store', asOf: NOW, copyAsOf: NOW - 40_000, copied: ['config'] } as const;
	expect(wordsOf(planRecovery(facts({ source: { ...source, copied: ['config'] } })))).toContain(
		'Of its copy, 40 s older, is: config.',
	);
	const copy = { type: 'copy', asOf: NOW, why: 'The disk is damaged.' } as const;
	expect(wordsOf(planRecovery(facts({ source: copy })))).toContain('Its own store cannot be used: The disk is damaged.');
});

test('the only voter has nothing to recover', () => {
	expect(() => planRecovery(facts({ members: [member('cedar', 'voter'), member('birch', 'leaf')] }))).toThrow(
		/has the only vote of its cluster, so nothing has to be recovered/,
	);
});
