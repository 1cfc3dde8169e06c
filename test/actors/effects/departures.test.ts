// The effects behind drain, leave and forget, run twice and cut short.
import { expect, test } from 'vitest';
import type { EffectContext } from '../../../actors/effect.ts';
import { assessDeparture } from '../../../actors/effects/assess-departure.ts';
import { drainHost } from '../../../actors/effects/drain-host.ts';
import { excludeVoter } from '../../../actors/effects/exclude-voter.ts';
import { forgetMember } from '../../../actors/effects/forget-member.ts';
import type { HostKit } from '../../../actors/kit.ts';
import { loadCatalog } from '../../../catalog/load.ts';
import type { HostFacts, Presence } from '../../../machines/host/contract.ts';
import { WEIGHTS } from '../../../machines/placement/weights.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import type { Command } from '../../../runtime/engine/ports.ts';
import { type ActorRecord, type ActorRef, refText } from '../../../runtime/engine/record.ts';
import { sampleMember } from '../../helpers/sample-member.ts';
import { sampleInstallData, sampleRecord } from '../../helpers/sample-record.ts';

const catalog = loadCatalog();
const GIB = 2 ** 30;

/** What effects see of a cluster of these hosts; `obey` is what its actors do when they are told something. */
function world(presences: Record<string, Presence>, installs: ActorRecord[] = []) {
	const documents = memoryDocuments();
	const records = new Map(installs.map((record) => [refText(record), record]));
	const told: string[] = [];
	const notes: string[] = [];
	const actors = { obey: async (_ref: ActorRef, _command: Command): Promise<void> => {} };
	const kit = {
		host: 'alder',
		documents,
		entry: async (app: string) => catalog.get(app),
		candidates: async () => Object.entries(presences).map(([host, presence]) => ({ ...candidate(host), presence })),
		records: () => [...records.values()],
		look: async (ref: ActorRef) => records.get(refText(ref)) ?? null,
		weights: async () => WEIGHTS,
		presence: (host: string) => presences[host] ?? 'offline',
		async command(ref: ActorRef, command: Command) {
			told.push(`${refText(ref)} ${command.type}`);
			await actors.obey(ref, command);
		},
	} as unknown as HostKit;
	const context: EffectContext = {
		key: 'host/birch/effect/7',
		actor: { kind: 'host', id: 'birch' },
		epoch: 1,
		attempt: 1,
		signal: new AbortController().signal,
		progress: () => {},
		note: ({ text }) => notes.push(text),
	};
	return { kit, context, documents, records, told, notes, actors };
}

function candidate(host: string) {
	const facts = {
		host,
		drivers: ['process'],
		cordoned: false,
		memory: { total: 16 * GIB, available: 12 * GIB },
		disks: [{ mount: '/', total: 500 * GIB, available: 400 * GIB, data: true }],
		cpu: { percent: 1, cores: 4, load: [0, 0, 0] },
		uptimeShare: 1,
	} as unknown as HostFacts;
	return { facts, reservedMemory: 0, reservedDisk: 0 };
}

function install(instance: string, host: string | null, phase: string, movable: boolean, pinned = false): ActorRecord {
	const data = sampleInstallData('node-red', host, { pinned });
	const can = { 'install.relocate': movable ? (true as const) : 'it may have data where it is' };
	return sampleRecord(instance, { view: { phase, words: '', can, since: 0, data } });
}

const up = { alder: 'online', birch: 'online', cedar: 'online' } as const;
const code = (one: string) => expect.objectContaining({ code: one });

test('a host with apps does not leave unless it is forced, and it is said what would happen', async () => {
	const { kit, context } = world(up, [install('flows', 'birch', 'running', false)]);
	const assess = (force: boolean) => assessDeparture(kit).run({ member: 'birch', how: 'leave', force }, context);
	await expect(assess(false)).rejects.toMatchObject({
		code: 'APPS_STAY',
		message: 'The app flows is on birch. If it leaves, it stops, with the data on its disk.',
	});
	await expect(assess(true)).resolves.toBeUndefined();
});

test('only a host that is away is forgotten', async () => {
	for (const [presence, force, refused] of [
		['online', false, true],
		['online', true, true],
		['stale', false, true],
		['stale', true, false],
		['offline', false, false],
	] as const) {
		const { kit, context } = world({ ...up, birch: presence });
		const assessed = assessDeparture(kit).run({ member: 'birch', how: 'forget', force }, context);
		if (refused) await expect(assessed).rejects.toEqual(code('HOST_STILL_UP'));
		else await assessed;
	}
});

test('nobody leaves where nobody could take over, and who is away cannot leave by itself', async () => {
	const lonely = world({ alder: 'offline', birch: 'online' });
	await expect(assessDeparture(lonely.kit).run({ member: 'birch', how: 'leave', force: true }, lonely.context)).rejects.toEqual(
		code('LAST_HOST'),
	);
	const away = world({ ...up, birch: 'offline' });
	await expect(assessDeparture(away.kit).run({ member: 'birch', how: 'leave', force: true }, away.context)).rejects.toEqual(
		code('HOST_UNREACHABLE'),
	);
});

test('a witness cannot take over', async () => {
	const { kit, context } = world({ birch: 'online', willow: 'online' });
	const withWitness = {
		...kit,
		candidates: async () =>
			(await kit.candidates()).map((one) =>
				one.facts.host === 'willow' ? { ...one, facts: { ...one.facts, witness: true } } : one,
			),
	};
	await expect(assessDeparture(withWitness).run({ member: 'birch', how: 'leave', force: true }, context)).rejects.toEqual(
		code('LAST_HOST'),
	);
});

test('drain places again what has not run, says of the rest why it stays and where it would fit, and stops nothing', async () => {
	const { kit, context, records, told, actors } = world(up, [
		install('fresh', 'birch', 'building', true),
		install('mine', 'birch', 'building', false, true),
		install('flows', 'birch', 'running', false),
		install('other', 'cedar', 'running', false),
	]);
	actors.obey = async ({ id }) => void records.set(`install/${id}`, install(id, 'cedar', 'validating', true));
	const outcome = (await drainHost(kit).run({ member: 'birch' }, context)) as unknown as {
		moved: object[];
		stays: { instance: string; why: string; to: string }[];
	};
	expect(told).toEqual(['install/fresh install.relocate']);
	expect(outcome.moved).toEqual([{ instance: 'fresh', to: 'cedar' }]);
	expect(outcome.stays).toEqual([
		{ instance: 'flows', why: 'its data is on the disk of birch', to: expect.stringMatching(/alder|cedar/) },
		{ instance: 'mine', why: 'a person chose birch for it', to: expect.stringMatching(/alder|cedar/) },
	]);
});

test('an install that went on meanwhile is no failure of the drain', async () => {
	const { kit, context, records, actors } = world(up, [install('fresh', 'birch', 'building', true)]);
	actors.obey = async ({ id }) => {
		records.set(`install/${id}`, install(id, 'birch', 'running', false));
		throw new CoveyError('NOT_ALLOWED_NOW', 'It runs.');
	};
	expect(await drainHost(kit).run({ member: 'birch' }, context)).toMatchObject({ moved: [], stays: [{ instance: 'fresh' }] });
});

const member = (role: 'voter' | 'leaf') => ({ ...sampleMember('birch', { role }), more: 1 });

test('a vote is taken away by the actor that looks after the voters, and waited for', async () => {
	const { kit, context, documents, told, actors } = world(up);
	await documents.put('config', 'member-birch', member('voter'), 0);
	let tries = 0;
	actors.obey = async () => {
		if (tries++ === 0) throw new CoveyError('NOT_ALLOWED_NOW', 'Busy.');
		const stored = await documents.read('config', 'member-birch');
		await documents.put('config', 'member-birch', member('leaf'), stored?.revision ?? 0);
	};
	await excludeVoter(kit).run({ member: 'birch' }, context);
	expect(told).toEqual(['voters/cluster voters.exclude', 'voters/cluster voters.exclude']);
	await excludeVoter(kit).run({ member: 'birch' }, context);
});

test('without an actor for the voters only a host without a vote may go', async () => {
	const { kit, context, documents, actors } = world(up);
	actors.obey = async () => {
		throw new CoveyError('UNKNOWN_ACTOR', 'There is no voters/cluster.');
	};
	await documents.put('config', 'member-birch', member('leaf'), 0);
	await excludeVoter(kit).run({ member: 'birch' }, context);
	await documents.put('config', 'member-cedar', member('voter'), 0);
	await expect(excludeVoter(kit).run({ member: 'cedar' }, context)).rejects.toEqual(code('UNKNOWN_ACTOR'));
});

test('a member is struck off once; the time of the first run stays, and so does what a newer Covey wrote', async () => {
	const { kit, context, documents } = world(up);
	await documents.put('config', 'member-birch', member('leaf'), 0);
	await forgetMember(kit).run({ member: 'birch' }, context);
	const first = await documents.read('config', 'member-birch');
	expect(first?.value).toMatchObject({ forgottenAt: expect.any(Number), more: 1 });
	await forgetMember(kit).run({ member: 'birch' }, context);
	expect(await documents.read('config', 'member-birch')).toEqual(first);
	await forgetMember(kit).run({ member: 'nobody' }, context);
});
