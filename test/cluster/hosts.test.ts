// What people do with a host: cordoned it gets nothing new, forgotten it is gone for good, and what dies with it is said beforehand.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostRef } from '../../machines/host/contract.ts';
import { type DemoCluster, startDemo, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { hostPidOf } from '../helpers/strays.ts';

const LIMIT = 180_000;
let cluster: DemoCluster;

beforeAll(async () => {
	cluster = await startDemo(5);
}, LIMIT);

afterAll(async () => cluster?.[Symbol.asyncDispose]());

const tell = (host: string, type: string, more: object = {}) => cluster.client.command(hostRef(host), { type, ...more });

const standing = async (host: string) => {
	const { actor, data } = await cluster.ask('show', { actor: `host/${host}` });
	return { phase: actor.phase, words: actor.words, owner: actor.owner, effects: actor.effects, data };
};

const until = (host: string, phase: string) =>
	eventually(
		`${host} is ${phase}`,
		async () => {
			const now = await standing(host);
			if (now.phase === phase && now.effects.length === 0) return now;
			throw new Error(JSON.stringify(now));
		},
		90_000,
	).catch((error: Error) => {
		throw new Error(`${error.message}\n${cluster.tails()}`);
	});

const LEAF = 'dogwood';
const LEAVER = 'elm';

test('every member has an actor, which its own host owns', { timeout: LIMIT }, async () => {
	for (const host of cluster.hosts.keys())
		await eventually(
			`host/${host}`,
			async () => (await standing(host)).owner === host && (await standing(host)).phase === 'member',
		);
});

test('a cordoned host gets nothing new, until it is uncordoned', { timeout: LIMIT }, async () => {
	expect(await tell(LEAF, 'host.cordon')).toMatchObject({ phase: 'cordoned' });
	await eventually('everybody knows', async () => {
		const { hosts } = await cluster.ask('place', { app: 'notes' });
		return hosts.some(({ host, score, reasons }) => host === LEAF && score === null && reasons.includes('it is cordoned'));
	});
	await eventually('its facts say so', async () =>
		(await cluster.ask('hosts')).hosts.some(({ host, cordoned }) => host === LEAF && cordoned),
	);
	await expect(tell(LEAF, 'host.cordon')).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
	expect(await tell(LEAF, 'host.uncordon')).toMatchObject({ phase: 'member' });
	await eventually('it may get apps again', async () =>
		(await cluster.ask('place', { app: 'notes' })).hosts.some(({ host, score }) => host === LEAF && score !== null),
	);
});

test('a host that is up is not forgotten', { timeout: LIMIT }, async () => {
	await tell(LEAF, 'host.forget');
	const after = await until(LEAF, 'member');
	expect(after.data.failure).toMatchObject({ code: 'HOST_STILL_UP' });
});

test('a killed host is forgotten: its app says on which disk its data is, and the host cannot come back', {
	timeout: LIMIT,
}, async () => {
	await cluster.create('notes', 'lost', { host: LEAF });
	await cluster.untilRest('lost', ['running']);
	await tell(LEAF, 'host.leave');
	expect((await until(LEAF, 'member')).data.failure).toMatchObject({ code: 'APPS_STAY' });
	cluster.kill(LEAF, 'both');
	await cluster.untilRest('lost', ['unreachable']);
	await tell(LEAF, 'host.forget');
	await until(LEAF, 'forgotten');
	const lost = await cluster.untilRest('lost', ['error']);
	expect(lost.failure).toMatchObject({ code: 'HOST_FORGOTTEN' });
	expect(lost.failure?.message).toMatch(/^Its data is on the disk of dogwood; it was forgotten on \d{4}-/);
	expect((await cluster.ask('hosts')).hosts.map(({ host }) => host)).not.toContain(LEAF);
	await expect(cluster.command('lost', 'install.restart')).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
	await expect(cluster.revive(LEAF)).rejects.toThrow(/no member of its cluster any more/);
	await cluster.command('lost', 'install.remove');
	await cluster.untilRest('lost', ['removed']);
});

test('what dies with a host is said beforehand', { timeout: LIMIT }, async () => {
	await cluster.create('notes', 'stays', { host: 'birch' });
	await cluster.untilRest('stays', ['running']);
	const { apps, cluster: rest } = await cluster.ask('impact', { host: 'birch' });
	expect(apps).toMatchObject([{ instance: 'stays', outcome: 'stops' }]);
	expect(rest).toMatchObject({ majority: true, voters: 3, mustNotDieNext: ['alder', 'cedar'] });
	expect((await cluster.ask('hosts')).survives[0]).toMatch(/^Any one of the 3 voting hosts/);
	await expect(cluster.ask('impact', { host: 'brich' })).rejects.toMatchObject({ code: 'UNKNOWN_HOST' });
});

test('a host that leaves goes on leaving when the owner of its actor is killed on the way', { timeout: LIMIT }, async () => {
	await cluster.create('notes', 'left-behind', { host: LEAVER });
	await cluster.untilRest('left-behind', ['running']);
	const aimed = cluster.aim('host');
	const taken = whenSeen(
		cluster,
		hostRef(LEAVER),
		({ owner, view }) => view.phase === 'leaving' && (owner?.host ?? LEAVER) !== LEAVER,
	);
	await tell(LEAVER, 'host.leave', { force: true });
	const owner = (await taken).owner?.host as string;
	aimed(owner);
	await until(LEAVER, 'left');
	await eventually(`${LEAVER} has ended`, () => hostPidOf(cluster.host(LEAVER).data) === null);
	expect((await cluster.untilRest('left-behind', ['error'])).failure?.message).toMatch(/disk of elm; elm left the cluster/);
	await expect(cluster.revive(LEAVER)).rejects.toThrow(/no member of its cluster any more/);
	await cluster.revive(owner);
	expect((await cluster.ask('hosts')).hosts.map(({ host }) => host).toSorted()).toEqual(['alder', 'birch', 'cedar']);
});

test('the demo comes back without those who are gone', { timeout: LIMIT }, async () => {
	await cluster.stop();
	await cluster.restart();
	await eventually('three hosts are up', async () => {
		const { hosts, quorum } = await cluster.ask('hosts');
		return quorum && hosts.length === 3 && hosts.every(({ presence, phase }) => presence === 'online' && phase === 'member');
	});
	await cluster.untilRest('stays', ['running']);
});
