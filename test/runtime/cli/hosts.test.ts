import { expect, test } from 'vitest';
import { type HostRow, QUESTIONS } from '../../../runtime/api/contract.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { covey, type FakeClient, recordOf } from './fake-cluster.ts';

const GIB = 2 ** 30;

const row = (host: string, more: Partial<HostRow> = {}): HostRow => ({
	schema: 1,
	host,
	incarnation: 1,
	at: 0,
	startedAt: 0,
	version: '1.2.3',
	http: 'https://192.0.2.117:7780',
	nats: 'nats://192.0.2.117:4222',
	voter: true,
	pid: 1,
	natsPid: 2,
	os: { name: 'Debian GNU/Linux', version: '12', kernel: '6.1', arch: 'x64', bootedAt: Date.now() - 5 * 86_400_000 },
	cpu: { model: 'N100', cores: 4, percent: 12, load: [0.5, 0.4, 0.3] },
	memory: { total: 16 * GIB, available: 9 * GIB, swapTotal: 0, swapUsed: 0 },
	disks: [{ mount: '/', type: 'ext4', total: 500 * GIB, available: 120 * GIB, data: true }],
	network: [],
	temperatures: [{ name: 'cpu', celsius: 51 }],
	devices: [],
	labels: {},
	uptimeShare: 1,
	rss: 0,
	drivers: ['process'],
	machines: [],
	cordoned: false,
	witness: false,
	copyAt: null,
	presence: 'online',
	lastSeen: Date.now(),
	skewMs: 0,
	apps: 3,
	role: 'votes',
	phase: 'member',
	words: '',
	...more,
});

const answer = QUESTIONS.hosts.output.parse({
	hosts: [
		row('cedar', { presence: 'offline', lastSeen: Date.now() - 180_000 }),
		row('alder'),
		row('birch', { phase: 'cordoned', words: 'Nothing new is placed on it.', cordoned: true }),
		row('dogwood', { voter: false, role: 'follows' }),
		row('pi', { role: 'witness', witness: true, apps: 0 }),
	],
	totals: {
		hosts: 5,
		online: 4,
		cores: 16,
		cpuPercent: 12,
		memory: { total: 64 * GIB, available: 36 * GIB },
		disk: { total: 2000 * GIB, available: 480 * GIB },
		apps: 12,
		running: 12,
	},
	answeredBy: 'alder',
	quorum: true,
	survives: ['cedar is away: neither alder nor birch may die now.'],
	needs: null,
});
const asking = (data: unknown): FakeClient => ({ ask: async () => data });

test.each([80, 120])('covey hosts fits %i columns, and says state, role and what survives', async (columns) => {
	const { out } = await covey('hosts', asking(answer), columns);
	const [head = '', ...rows] = out.split('\n\n')[0]?.split('\n') ?? [];
	for (const line of [head, ...rows]) expect([...line].length, line).toBeLessThanOrEqual(columns);
	expect(head).toMatch(/^HOST +STATE +ROLE +CPU/);
	expect(rows[0]).toMatch(/^cedar +offline, seen 3 min ago +votes/);
	expect(rows[2]).toMatch(/^birch +online, cordoned +votes/);
	expect(rows[3]).toMatch(/^dogwood +online +follows/);
	expect(rows[4]).toMatch(/^pi +online +witness/);
	expect(out).toContain('birch is cordoned: Nothing new is placed on it.');
	expect(out).toContain('cedar is away: neither alder nor birch may die now.');
});

test('without a majority it says what is needed, and since when the answer is old', async () => {
	const needs = 'Nothing can be changed now. 2 of 3 voting hosts are needed and 1 can be heard; missing: birch, cedar.';
	const fake = { ...asking({ ...answer, quorum: false, needs }), staleSince: () => 1_795_244_082_629 };
	const { out, err, exit } = await covey('hosts', fake);
	expect(exit).toBe(0);
	expect(out).toContain(needs);
	expect(out).not.toContain('may die now');
	expect(err).toMatch(/this is as it was known 2026-11-2\d /);
});

const impact = QUESTIONS.impact.output.parse({
	host: 'birch',
	apps: [
		{ instance: 'node-red', app: 'node-red', outcome: 'stops', to: null, words: 'It stops.' },
		{ instance: 'fresh', app: 'notes', outcome: 'placed', to: 'cedar', words: 'Placed.' },
	],
	unharmed: 4,
	cluster: {
		majority: true,
		voters: 3,
		needed: 2,
		left: ['alder', 'cedar'],
		mustNotDieNext: ['alder', 'cedar'],
		words: ['It keeps its majority.'],
	},
});

test.each([80, 120])('covey impact fits %i columns', async (columns) => {
	const { out, exit } = await covey('impact birch', asking(impact), columns);
	expect(exit).toBe(0);
	for (const line of out.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(columns);
	expect(out).toMatch(/node-red +node-red +stops until birch is back/);
	expect(out).toMatch(/fresh +notes +has not run yet: is placed on cedar after a minute/);
	expect(out).toContain('4 apps on other hosts: unharmed.');
	expect(out).toContain('It keeps its majority.');
});

const NOTHING = { host: 'birch', failure: null };
const hostRecord = (seq: number, phase: string, failure: object | null = null) => ({
	...recordOf(seq, phase, { data: { ...NOTHING, failure } }),
	kind: 'host',
	id: 'birch',
});

/** A cluster whose host actor steps through these records once it is told something. */
function stepping(sent: object[], records: ReturnType<typeof hostRecord>[]): FakeClient {
	let tell: (record: unknown) => void = () => {};
	return {
		watchActor: (_ref: unknown, onRecord: typeof tell) => {
			tell = onRecord;
			return () => {};
		},
		command: async (ref: object, command: object) => {
			sent.push({ ...ref, ...command });
			for (const record of records) tell(record);
			return { ok: true, seq: records[0]?.seq ?? 1, phase: records[0]?.view.phase ?? 'cordoned' };
		},
	};
}

test('covey cordon tells the host and is done', async () => {
	const sent: object[] = [];
	const { exit, out } = await covey('cordon birch', stepping(sent, []));
	expect(exit).toBe(0);
	expect(sent).toEqual([{ kind: 'host', id: 'birch', type: 'host.cordon' }]);
	expect(out).toContain('birch is cordoned; this is durable.');
});

test('covey leave follows to the end; a refusal on the way is exit code 3', async () => {
	const sent: object[] = [];
	const left = await covey('leave birch --force', stepping(sent, [hostRecord(4, 'leaving'), hostRecord(9, 'left')]));
	expect(left.exit).toBe(0);
	expect(sent).toEqual([{ kind: 'host', id: 'birch', type: 'host.leave', force: true }]);
	const failure = { code: 'APPS_STAY', message: 'notes is on birch.', next: 'Remove it.' };
	const refused = await covey('leave birch', stepping([], [hostRecord(4, 'leaving'), hostRecord(5, 'member', failure)]));
	expect(refused.exit).toBe(3);
	expect(refused.out).toContain('What to do: Remove it.');
});

test('covey drain --wait is done only when the host is empty', async () => {
	const failure = { code: 'APPS_STAY', message: 'One stays.', next: 'Remove it.' };
	expect((await covey('drain birch --wait', stepping([], [hostRecord(2, 'draining'), hostRecord(3, 'drained')]))).exit).toBe(0);
	expect(
		(await covey('drain birch --wait', stepping([], [hostRecord(2, 'draining'), hostRecord(3, 'cordoned', failure)]))).exit,
	).toBe(3);
});

test('a host that nobody knows is refused with the nearest names', async () => {
	const { exit, err } = await covey('cordon brich', {
		...asking(answer),
		command: async () => {
			throw new CoveyError('UNKNOWN_ACTOR', 'There is no host/brich.');
		},
	});
	expect(exit).toBe(1);
	expect(err).toContain('near to it: birch');
});

test.each('impact cordon uncordon drain undrain leave forget'.split(' '))('covey %s --help has an example', async (verb) => {
	const { exit, out } = await covey(`${verb} --help`);
	expect(exit).toBe(0);
	expect(out).toContain(`Example:\n  covey ${verb} birch`);
});

test('a command that nobody answers says that the majority is missing, if it is', async () => {
	const needs = 'Nothing can be changed now. 2 of 3 voting hosts are needed and 1 can be heard; missing: birch, cedar.';
	const command = async () => {
		throw new CoveyError('NO_ANSWER', 'No host answers for host/birch now.');
	};
	const lost = await covey('cordon birch', { ...asking({ ...answer, needs }), command });
	expect(lost.exit).toBe(4);
	expect(lost.err).toContain(needs);
	const whole = await covey('cordon birch', { ...asking(answer), command });
	expect(whole.err).toContain('No host answers for host/birch now.');
});
