import { expect, test } from 'vitest';
import type { Stored } from '../../../runtime/engine/record.ts';
import { claimOf } from '../../../runtime/host/live-job.ts';
import { orderFor } from './job-world.ts';

const { actor, key } = orderFor();
const effects = { build: { src: 'work', input: {}, token: 1, key, host: null } };

/** A store with one record, of which only what matters here is set. */
const storeOf = (part: Partial<Stored['record']> | null) => ({
	read: async () =>
		(part && ({ record: { epoch: 4, owner: { host: 'cedar', incarnation: 1 }, effects, ...part }, revision: 1 } as Stored)) ||
		null,
});

test('a job is wanted by the owner of the record whose effects name its key', async () => {
	expect(await claimOf(storeOf({}), { actor, key })).toEqual({ epoch: 4, owner: 'cedar' });
	expect(await claimOf(storeOf({}), { actor, key: orderFor({ token: 2 }).key })).toBeNull();
	expect(await claimOf(storeOf(null), { actor, key })).toBeNull();
});

test('a job is not given up because its actor is just being handed over', async () => {
	await expect(claimOf(storeOf({ owner: null }), { actor, key })).rejects.toMatchObject({ code: 'ACTOR_MOVED' });
	expect(await claimOf(storeOf({ owner: null, effects: {} }), { actor, key })).toBeNull();
});
