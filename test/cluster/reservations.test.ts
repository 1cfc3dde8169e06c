// A hundred installs at one moment, for room that only some of them can have.
import { totalmem } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HostPlan } from '../../actors/drivers/plan.ts';
import { claimsOn } from '../../actors/reservations.ts';
import { connectNats } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { type DemoCluster, startDemo } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { GIANT_SHARE } from '../helpers/test-catalog.ts';
import { doubleReservations } from './double-reservations.ts';

const LIMIT = 300_000;
const COUNT = 100;
const GIANT = totalmem() / GIANT_SHARE;
const WISHED = 27_500;
const RESTING = ['running', 'failed', 'rolledBack'];
let cluster: DemoCluster;

beforeAll(async () => {
	cluster = await startDemo();
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

test(`${COUNT} installs at once while a host is killed: nothing is promised twice, and nothing stays promised`, {
	timeout: LIMIT,
}, async () => {
	const names = Array.from({ length: COUNT }, (_, index) => `n${index}`);
	const { hosts } = await cluster.ask('hosts');
	const plans = watchPlans();
	const asked = Promise.all(
		names.map((name, index) => cluster.create('giant-notes', name, index % 10 === 0 ? { ports: { web: WISHED } } : {})),
	);
	await eventually('some are placed', async () =>
		plans.seen().some((plan) => Object.keys({ ...plan.reserved, ...plan.apps }).length > 2),
	);
	cluster.kill('cedar', 'both');
	await cluster.revive('cedar');
	await asked;
	for (const name of names) await cluster.untilRest(name, RESTING, 200_000);

	expect(plans.seen().length).toBeGreaterThan(6);
	const findings = plans.seen().flatMap((plan) => {
		const before = hosts.find(({ host }) => host === plan.host);
		return doubleReservations(plan, (before?.memory.available ?? 0) + GIANT / 2);
	});
	expect(findings).toEqual([]);
	const { apps } = await cluster.ask('apps');
	expect(apps.filter(({ phase }) => phase === 'running').length).toBeGreaterThan(5);
	const codes = new Set(apps.flatMap(({ failure }) => (failure ? [failure.code] : [])));
	expect(codes).toContain('NO_SUITABLE_HOST');
	const rested = await eventually(
		'nothing is held any more',
		async () => {
			const now = await plans.read();
			return now.every(({ reserved }) => reserved === undefined) && now;
		},
		60_000,
	);
	// The hosts of a demo share one address.
	const ports = rested.flatMap((plan) => claimsOn(plan).flatMap((claim) => claim.ports));
	expect(ports.filter((port, index) => ports.indexOf(port) !== index)).toEqual([]);
	await plans.stop();
});

/** Every version of every plan that could be seen. */
function watchPlans() {
	const seen = new Map<string, HostPlan>();
	let stopped = false;
	const connected = connectNats({ servers: [cluster.host('alder').nats, cluster.host('birch').nats], name: 'plans' });
	const read = async (): Promise<HostPlan[]> => {
		const plans = (await natsDocuments(await connected).list('plans')).map(({ value }) => HostPlan.parse(value));
		for (const plan of plans) seen.set(`${plan.host} ${plan.revision}`, plan);
		return plans;
	};
	const loop = (async () => {
		while (!stopped) await read();
	})();
	return {
		read,
		seen: () => [...seen.values()],
		async stop() {
			stopped = true;
			await loop;
			await (await connected).close();
		},
	};
}
