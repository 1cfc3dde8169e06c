// Who is promised what, when everybody asks at the same moment and hosts die in between.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostPlan } from '../../actors/drivers/plan.ts';
import type { EffectContext } from '../../actors/effect.ts';
import { placeInstall } from '../../actors/effects/place-install.ts';
import type { HostKit } from '../../actors/kit.ts';
import { changePlan, readPlan, withoutApp } from '../../actors/plans.ts';
import { claimsOn, promisedOn } from '../../actors/reservations.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { HostFacts, Presence } from '../../machines/host/contract.ts';
import type { CoveyError } from '../../runtime/engine/errors.ts';
import { memoryDocuments } from '../../runtime/engine/memory.ts';
import type { Documents } from '../../runtime/engine/ports.ts';
import { candidatesOf, candidateWith } from '../../runtime/host/candidates.ts';

const GIB = 2 ** 30;
const HOSTS = ['alder', 'birch', 'cedar'];
const entry = {
	name: 'notes',
	resources: { memory: { min: GIB }, disk: { min: GIB }, cores: 1 },
	arch: [],
	devices: [],
	labels: {},
	ports: [],
	process: {},
} as unknown as CatalogEntry;

const facts = (host: string, memory: number, address = `${host}.test`) =>
	({
		host,
		http: `http://${address}:7780`,
		memory: { total: 64 * GIB, available: memory * GIB, swapTotal: 0, swapUsed: 0 },
		disks: [{ mount: '/', type: 'ext4', total: 200 * GIB, available: 100 * GIB, data: true }],
		cpu: { model: '', cores: 4, percent: 0, load: [0, 0, 0] },
		uptimeShare: 1,
		cordoned: false,
		drivers: ['process'],
		devices: [],
		labels: {},
		at: 0,
		os: { arch: 'x64' },
	}) as unknown as HostFacts;

/** One host's view: its own documents object, so that hosts compete by compare-and-set as processes do. */
function kitOf(
	shared: Documents,
	memory: number,
	/** Of all hosts; without it each has its own. */
	address?: string,
): Pick<HostKit, 'documents' | 'entry' | 'candidates' | 'candidateWith' | 'weights'> {
	const documents: Documents = { ...shared };
	const candidates: HostKit['candidates'] = async (except) => {
		const plans = (await documents.list('plans')).flatMap(({ value }) => HostPlan.safeParse(value).data ?? []);
		const bare = HOSTS.map((host) => ({
			facts: facts(host, memory, address),
			presence: 'online' as const,
			reservedMemory: 0,
			reservedDisk: 0,
		}));
		return bare.map((one) => {
			const plan = plans.find(({ host }) => host === one.facts.host);
			return plan ? candidateWith(one, plan, [], except ?? null) : one;
		});
	};
	return {
		documents,
		entry: async () => entry,
		candidates,
		candidateWith: (candidate, plan, except) => candidateWith(candidate, plan, [], except),
		weights: async () => ({ memory: 40, disk: 30, cpu: 15, load: 10, reliability: 5 }),
	};
}

const context = { note: () => {}, signal: new AbortController().signal } as unknown as EffectContext;
const input = { pinnedHost: null, avoid: [], ports: {}, planned: null, fresh: false, app: 'notes' };
const placing = (kit: ReturnType<typeof kitOf>) => placeInstall(kit as unknown as HostKit);
const plansOf = async (documents: Documents) => Promise.all(HOSTS.map((host) => readPlan(documents, host)));

test('100 installs at one moment, placed by three hosts: nothing is promised twice, and all room is given', async () => {
	const shared = memoryDocuments();
	const kits = HOSTS.map(() => kitOf(shared, 10));
	const outcomes = await Promise.allSettled(
		Array.from({ length: 100 }, (_, index) =>
			placing(kits[index % 3] as (typeof kits)[0]).run({ ...input, instance: `n${index}` }, context),
		),
	);
	const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as CoveyError).code] : []));
	expect(refusals).toEqual(Array.from({ length: 70 }, () => 'NO_SUITABLE_HOST'));
	for (const plan of await plansOf(shared)) expect(Object.keys(plan.reserved ?? {})).toHaveLength(10);
});

test('hosts that are silent for a moment, or not known yet, are a reason to try again; those that are offline are not', async () => {
	const refusal = async (presence: Presence | null, pinnedHost: string | null) => {
		const kit = kitOf(memoryDocuments(), 10);
		const seen = async () => (presence ? (await kit.candidates()).map((one) => ({ ...one, presence })) : []);
		const placed = placing({ ...kit, candidates: seen }).run({ ...input, pinnedHost, instance: 'n' }, context);
		return placed.catch(({ code }: CoveyError) => code);
	};
	expect(await refusal('stale', null)).toBe('HOST_UNREACHABLE');
	expect(await refusal('stale', 'birch')).toBe('HOST_UNREACHABLE');
	expect(await refusal(null, null)).toBe('STORE_UNAVAILABLE');
	expect(await refusal('offline', null)).toBe('NO_SUITABLE_HOST');
	expect(await refusal('offline', 'birch')).toBe('NO_SUITABLE_HOST');
});

test('a port that two people want is promised to one host each, then refused', async () => {
	const shared = memoryDocuments();
	const kits = HOSTS.map(() => kitOf(shared, 10));
	const outcomes = await Promise.allSettled(
		Array.from({ length: 8 }, (_, index) =>
			placing(kits[index % 3] as (typeof kits)[0]).run({ ...input, instance: `n${index}`, ports: { web: 8080 } }, context),
		),
	);
	expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
	for (const plan of await plansOf(shared)) expect(claimsOn(plan).map(({ ports }) => ports)).toEqual([[8080]]);
});

test('hosts on one address promise a port to one app only, whichever host places it', async () => {
	for (let round = 0; round < 20; round++) {
		const shared = memoryDocuments();
		const kits = HOSTS.map(() => kitOf(shared, 10, '127.0.0.1'));
		const outcomes = await Promise.allSettled(
			Array.from({ length: 9 }, (_, index) =>
				placing(kits[index % 3] as (typeof kits)[0]).run({ ...input, instance: `n${index}`, ports: { web: 8080 } }, context),
			),
		);
		const claims = (await plansOf(shared)).flatMap((plan) => claimsOn(plan));
		expect(claims).toHaveLength(1);
		expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(claims.length);
	}
});

test('a port that a neighbour on the same address has is out, and the one that has it keeps it', async () => {
	const shared = memoryDocuments();
	const kit = kitOf(shared, 10, '127.0.0.1');
	const first = await placing(kit).run({ ...input, instance: 'first', ports: { web: 8080 } }, context);
	await expect(placing(kit).run({ ...input, instance: 'second', ports: { web: 8080 } }, context)).rejects.toMatchObject({
		message: expect.stringContaining('port 8080 is used by first'),
	});
	expect(await placing(kit).run({ ...input, instance: 'first', ports: { web: 8080 } }, context)).toMatchObject({
		host: (first as { host: string }).host,
	});
});

test('the second run of a placing keeps to the first one, though another host would be best now', async () => {
	const shared = memoryDocuments();
	const effect = placing(kitOf(shared, 10));
	const first = await effect.run({ ...input, instance: 'mine' }, context);
	for (let count = 0; count < 5; count++) {
		const again = await effect.run({ ...input, instance: 'mine' }, context);
		expect(again).toMatchObject({ host: (first as { host: string }).host });
	}
	const held = (await plansOf(shared)).flatMap((plan) => Object.keys(plan.reserved ?? {}));
	expect(held).toEqual(['mine']);
});

test('a host that died under it is left, and what was kept there is freed', async () => {
	const shared = memoryDocuments();
	const effect = placing(kitOf(shared, 10));
	const { host } = (await effect.run({ ...input, instance: 'mine' }, context)) as { host: string };
	const next = (await effect.run({ ...input, instance: 'mine', avoid: [host] }, context)) as { host: string };
	expect(next.host).not.toBe(host);
	expect((await readPlan(shared, host)).reserved).toBeUndefined();
});

test('host and ports of an accepted plan are taken while they can be had; else others', async () => {
	const shared = memoryDocuments();
	const effect = placing(kitOf(shared, 10));
	const planned = { host: 'cedar', ports: { web: 8096 } };
	expect(await effect.run({ ...input, instance: 'a', planned }, context)).toMatchObject({ host: 'cedar' });
	expect(await effect.run({ ...input, instance: 'b', planned }, context)).toMatchObject({ host: 'cedar' });
	const { reserved } = await readPlan(shared, 'cedar');
	expect([reserved?.a?.ports, reserved?.b?.ports]).toEqual([{ web: 8096 }, {}]);
	await Promise.all(
		Array.from({ length: 8 }, (_, index) => effect.run({ ...input, instance: `c${index}`, pinnedHost: 'cedar' }, context)),
	);
	expect(await effect.run({ ...input, instance: 'z', planned }, context)).not.toMatchObject({ host: 'cedar' });
	await expect(effect.run({ ...input, instance: 'y', pinnedHost: 'cedar' }, context)).rejects.toMatchObject({
		code: 'NOT_ENOUGH_MEMORY',
	});
});

test('whatever is asked and withdrawn in whatever order: each host stays within its room', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.record({ instance: fc.nat(11), kit: fc.nat(2), leave: fc.boolean(), wish: fc.boolean() }), { maxLength: 60 }),
			async (moves) => {
				const shared = memoryDocuments();
				const kits = HOSTS.map(() => kitOf(shared, 3));
				await Promise.allSettled(
					moves.map(async ({ instance, kit, leave, wish }) => {
						const one = kits[kit] as (typeof kits)[0];
						const name = `n${instance}`;
						if (leave) for (const host of HOSTS) await changePlan(one.documents, host, (plan) => withoutApp(plan, name));
						else await placing(one).run({ ...input, instance: name, ports: wish ? { web: 8080 + (instance % 2) } : {} }, context);
					}),
				);
				for (const plan of await plansOf(shared)) {
					expect(promisedOn(plan, () => false, null).memory).toBeLessThanOrEqual(3 * GIB);
					const ports = claimsOn(plan).flatMap((claim) => claim.ports);
					expect(new Set(ports).size).toBe(ports.length);
				}
			},
		),
		{ numRuns: 100 },
	);
});

test('what runs is counted by the facts of its host, once they are newer; until then by the ledger', () => {
	const plan = HostPlan.parse({
		schema: 1,
		host: 'alder',
		revision: 1,
		apps: {},
		reserved: { notes: { app: 'notes', memoryBytes: GIB, diskBytes: 0, ports: {}, at: 0 } },
	});
	const record = (phase: string, since: number) => ({ kind: 'install', id: 'notes', view: { phase, since, data: {} } }) as never;
	const reserved = (phase: string, since: number, measured: number) =>
		candidateWith(
			{ facts: { ...facts('alder', 8), at: measured }, presence: 'online', reservedMemory: 0, reservedDisk: 0 },
			plan,
			[record(phase, since)],
			null,
		).reservedMemory;
	expect(reserved('building', 0, 100_000)).toBe(GIB);
	expect(reserved('running', 99_000, 100_000)).toBe(GIB);
	expect(reserved('running', 90_000, 100_000)).toBe(0);
	expect(candidatesOf({ facts: [], plans: [plan], records: [], presence: () => 'online', except: null })).toEqual([]);
});
