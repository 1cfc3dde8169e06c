// The life of cluster keys: several hosts over one store, which die, lose answers, stay away and come back in any order.
import fc from 'fast-check';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import type { Documents } from '../../../runtime/engine/ports.ts';
import { watchKeys } from '../../../runtime/host/key-watch.ts';
import { type Founded, foundingIdentity, foundTrust } from '../../../runtime/trust/founding.ts';
import { type Identity, nkeyOf, pinOfIdentity } from '../../../runtime/trust/identity.ts';
import { KEYRING, Keyring, RETIRE_AFTER_MS } from '../../../runtime/trust/keyring.ts';
import { keyOfMember, type Member, rollOf } from '../../../runtime/trust/members.ts';
import { resealAll } from '../../../runtime/trust/reseal.ts';
import { keyStatus, rotate } from '../../../runtime/trust/rotate.ts';
import { newClusterKey, placeOf, Sealed, seal, unseal } from '../../../runtime/trust/seal.ts';
import { openShare, publicKeyOf, shareFor } from '../../../runtime/trust/share.ts';

const VOTERS = ['alder', 'birch', 'cedar'];
const HOSTS = [...VOTERS, 'dogwood'];
const SECRETS = [
	['authority', 'ca-key', 'the key of the authority'],
	['secrets', 'notes', 'password of notes'],
	['secrets', 'wiki', 'password of wiki'],
] as const;

let founded: Founded;
const disks = new Map<string, Identity>();
let fresh: Map<string, Identity>;
let documents: Documents;
let now: number;

beforeAll(async () => {
	founded = await foundTrust('covey-1', Date.now());
	for (const host of [...HOSTS, 'elm'])
		disks.set(host, await foundingIdentity(founded, { host, address: '127.0.0.1', now: Date.now() }));
});

beforeEach(begin);

async function begin(): Promise<void> {
	now = Date.now();
	fresh = new Map(structuredClone([...disks]));
	documents = memoryDocuments();
	for (const host of HOSTS) await documents.put('config', keyOfMember(host), member(host), 0);
	for (const [bucket, key, secret] of SECRETS)
		await documents.put(bucket, key, seal(founded.clusterKey, placeOf(bucket, key), secret), 0);
}

const identityOf = (host: string): Identity => {
	const found = fresh.get(host);
	if (!found) throw new Error(`no ${host}`);
	return found;
};
const member = (host: string, forgottenAt: number | null = null): Member => ({
	schema: 1,
	host,
	install: 1,
	address: '127.0.0.1',
	ports: { nats: 1, cluster: 2, leaf: 3, http: 4 },
	pin: pinOfIdentity(identityOf(host)),
	nkey: nkeyOf(identityOf(host).seed),
	role: VOTERS.includes(host) ? 'voter' : 'leaf',
	witness: false,
	version: '1.0.0',
	joinedAt: 1,
	forgottenAt,
});

/** One look of a host at what is in the store, as its watch does it every few seconds. */
async function look(host: string, store: Documents = documents): Promise<void> {
	const watch = watchKeys({
		documents: store,
		identity: () => identityOf(host),
		keep: (identity) => void fresh.set(host, identity),
		role: () => (VOTERS.includes(host) ? 'voter' : 'leaf'),
		now: () => now,
		announce: () => undefined,
		onFailure: () => undefined,
	});
	const listed = await documents.list('config');
	watch.look(listed, rollOf(listed));
	await watch.idle();
}
const everybody = async (hosts = HOSTS) => {
	for (let round = 0; round < 4; round++) for (const host of hosts) await look(host);
};
const parts = () => ({ documents, clusterKeys: () => identityOf('alder').clusterKeys, now: () => now });
const ring = async () => Keyring.parse((await documents.read('config', KEYRING))?.value);
const idsOf = (host: string) => identityOf(host).clusterKeys.map(({ id }) => id);
const sealedWith = async () =>
	Promise.all(SECRETS.map(async ([bucket, key]) => Sealed.parse((await documents.read(bucket, key))?.value).keyId));
/** Every value opens for every host that has looked. */
async function assertReadable(hosts = HOSTS): Promise<void> {
	for (const [bucket, key, secret] of SECRETS) {
		const value = Sealed.parse((await documents.read(bucket, key))?.value);
		for (const host of hosts) expect(unseal(identityOf(host).clusterKeys, placeOf(bucket, key), value)).toBe(secret);
	}
}

test('a share opens for the member alone, in its place alone', () => {
	const [birch, cedar] = [identityOf('birch'), identityOf('cedar')];
	const share = shareFor({ pin: pinOfIdentity(birch), publicKey: publicKeyOf(birch.key) }, 'keyring/1/birch', 'secret');
	expect(openShare(birch.key, 'keyring/1/birch', share)).toBe('secret');
	expect(() => openShare(cedar.key, 'keyring/1/birch', share)).toThrow();
	expect(() => openShare(birch.key, 'keyring/2/birch', share)).toThrow();
	expect(JSON.stringify(share)).not.toContain('secret');
});

test('a public key that is not the one of the certificate gets no share', () => {
	const [birch, cedar] = [identityOf('birch'), identityOf('cedar')];
	expect(() => shareFor({ pin: pinOfIdentity(birch), publicKey: publicKeyOf(cedar.key) }, 'x', 'secret')).toThrow(
		expect.objectContaining({ code: 'NOT_TRUSTED' }),
	);
});

test('a new key reaches every member, every value is sealed with it, and the old one goes a day later', async () => {
	await everybody();
	await rotate(parts(), { id: '0000beef', by: 'test' });
	await everybody();
	for (const host of HOSTS) expect(idsOf(host)).toEqual(['0000beef', founded.clusterKey.id]);
	expect(new Set(await sealedWith())).toEqual(new Set(['0000beef']));
	expect(await keyStatus(parts())).toMatchObject({
		members: 4,
		keys: [
			{ id: '0000beef', values: 3, waiting: [] },
			{ id: founded.clusterKey.id, values: 0 },
		],
	});
	now += RETIRE_AFTER_MS;
	await everybody();
	for (const host of HOSTS) expect(idsOf(host)).toEqual(['0000beef']);
	expect((await ring()).keys.map(({ id }) => id)).toEqual(['0000beef']);
	await assertReadable();
});

test('the same wish twice makes one key', async () => {
	await everybody();
	await rotate(parts(), { id: '0000beef', by: 'test' });
	await rotate(parts(), { id: '0000beef', by: 'test' });
	expect((await ring()).keys).toHaveLength(2);
});

test('the key is nowhere in the documents in the open', async () => {
	await everybody();
	await rotate(parts(), { id: '0000beef', by: 'test' });
	await everybody();
	const key = identityOf('alder').clusterKeys[0]?.key ?? 'none';
	for (const bucket of ['config', 'secrets', 'authority'] as const)
		expect(JSON.stringify(await documents.list(bucket))).not.toContain(key);
});

test('a member that was away keeps the old key alive, and gets the new one when it is back', async () => {
	await everybody();
	const present = HOSTS.filter((host) => host !== 'cedar');
	await rotate(parts(), { id: '0000beef', by: 'test' });
	await everybody(present);
	now += 2 * RETIRE_AFTER_MS;
	await everybody(present);
	expect(idsOf('alder')).toContain(founded.clusterKey.id);
	expect((await keyStatus(parts())).keys[0]).toMatchObject({ values: 3, waiting: ['cedar'] });
	await everybody();
	for (const host of HOSTS) expect(idsOf(host)).toEqual(['0000beef']);
	await assertReadable();
});

test('a member that is forgotten is waited for no more, and gets no share of a later key', async () => {
	await everybody();
	const stored = await documents.read('config', keyOfMember('cedar'));
	await documents.put('config', keyOfMember('cedar'), member('cedar', now), stored?.revision ?? 0);
	await rotate(parts(), { id: '0000beef', by: 'test' });
	now += RETIRE_AFTER_MS;
	await everybody(HOSTS.filter((host) => host !== 'cedar'));
	expect(Object.keys((await ring()).keys[0]?.shares ?? {})).not.toContain('cedar');
	expect(idsOf('alder')).toEqual(['0000beef']);
});

test('one that joined through a member without the new key is given its share later', async () => {
	await everybody();
	await rotate(parts(), { id: '0000beef', by: 'test' });
	await documents.put('config', keyOfMember('elm'), member('elm'), 0);
	await everybody([...HOSTS, 'elm']);
	expect(idsOf('elm')[0]).toBe('0000beef');
});

test('a member that never told its public key is named before anything is changed', async () => {
	await everybody(VOTERS);
	await expect(rotate(parts(), { id: '0000beef', by: 'test' })).rejects.toMatchObject({
		code: 'NOT_ALLOWED_NOW',
		message: expect.stringContaining('dogwood'),
	});
	expect(await documents.read('config', KEYRING)).toBeNull();
});

test('a key that an older ring does not know is not dropped: a restored store may be older than the hosts', async () => {
	await everybody();
	await rotate(parts(), { id: '0000beef', by: 'test' });
	await everybody();
	const stored = await documents.read('config', KEYRING);
	const older = { ...(await ring()), keys: (await ring()).keys.slice(1) };
	await documents.put('config', KEYRING, older, stored?.revision ?? 0);
	await everybody();
	expect(idsOf('alder')).toContain('0000beef');
	await assertReadable();
});

test('a value that cannot be opened stays as it is, and so does the key it names', async () => {
	await everybody();
	const foreign = seal(newClusterKey(1), placeOf('secrets', 'odd'), 'lost');
	await documents.put('secrets', 'odd', foreign, 0);
	await rotate(parts(), { id: '0000beef', by: 'test' });
	await everybody();
	expect((await documents.read('secrets', 'odd'))?.value).toEqual(foreign);
	const needed = await resealAll(
		documents,
		identityOf('alder').clusterKeys,
		identityOf('alder').clusterKeys[0] as never,
		() => 0,
	);
	expect([...needed]).toEqual([foreign.keyId]);
});

test('an old key stays for as long as one value needs it', async () => {
	await everybody();
	const busy: Documents = {
		...documents,
		put: async (bucket, key, value, previous) =>
			key === 'wiki' ? { status: 'conflict' } : documents.put(bucket, key, value, previous),
	};
	await rotate(parts(), { id: '0000beef', by: 'test' });
	for (const host of [...HOSTS, ...HOSTS]) await look(host, busy);
	now += RETIRE_AFTER_MS;
	for (const host of HOSTS) await look(host, busy);
	expect(idsOf('alder')).toEqual(['0000beef', founded.clusterKey.id]);
	await assertReadable();
	await everybody();
	expect(idsOf('alder')).toEqual(['0000beef']);
});

test('whoever dies or loses an answer at whatever step, every value stays readable and the rotation ends', {
	timeout: 90_000,
}, async () => {
	const step = fc.record({
		host: fc.constantFrom(...HOSTS),
		/** The write at which the host dies, and whether it was applied. */
		dies: fc.option(fc.record({ at: fc.integer({ min: 0, max: 4 }), applied: fc.boolean() })),
		rotates: fc.boolean(),
		restored: fc.boolean(),
	});
	await fc.assert(
		fc
			.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
				await everybody();
				for (const { host, dies, rotates, restored } of steps) {
					const before = identityOf(host);
					const store = dying(documents, dies);
					if (rotates) await rotate({ ...parts(), documents: store }, { id: newClusterKey(0).id, by: 'test' }).catch(() => 0);
					await look(host, store);
					// It died before its file was renamed: its keys were not kept, but then nobody was told either.
					if (restored && dies?.at === 0) fresh.set(host, before);
					now += 3_600_000;
					await look(host);
					await assertReadable([host]);
				}
				now += RETIRE_AFTER_MS;
				await everybody();
				await assertReadable();
				const { keys } = (await documents.read('config', KEYRING)) ? await ring() : { keys: [{ id: founded.clusterKey.id }] };
				expect(keys).toHaveLength(1);
				for (const host of HOSTS) expect(idsOf(host)).toEqual(keys.map(({ id }) => id));
			})
			.beforeEach(begin),
		{ numRuns: 40 },
	);
});

/** The store as one sees it that dies at its n-th write. */
function dying(real: Documents, dies: { at: number; applied: boolean } | null): Documents {
	let writes = 0;
	return {
		...real,
		async put(bucket, key, value, previous) {
			const last = dies !== null && writes++ === dies.at;
			if (dies !== null && (writes > dies.at + 1 || (last && !dies.applied))) throw new Error('dead');
			const outcome = await real.put(bucket, key, value, previous);
			if (last) throw new Error('dead');
			return outcome;
		},
	};
}
