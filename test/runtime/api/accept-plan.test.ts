import { expect, test } from 'vitest';
import type { InstallPlan } from '../../../catalog/install-plan.ts';
import { type PlanRequest, planInstall } from '../../../catalog/plan.ts';
import { inputOf } from '../../../runtime/api/accept-plan.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { app, ask, host, needs, world } from '../../catalog/plan-world.ts';

const APPS = [
	app('radarr', { integrations: [needs('client', ['deluge', 'sabnzbd'])] }),
	app('deluge'),
	app('sabnzbd'),
	app('notes'),
	app('contained', { drivers: ['podman'], memory: { min: Number.MAX_SAFE_INTEGER, recommended: Number.MAX_SAFE_INTEGER } }),
];
const REQUEST = { cmdId: 'c1', app: 'radarr', with: ['deluge'] };

/** A cluster where `taken` ports of alder are used by others. */
function cluster(taken: number[] = [], there = false) {
	const around = world(APPS, {
		hosts: [host('alder', { taken: taken.map((port) => ({ port, by: 'somebody' })) }), host('birch')],
	});
	let planned = 0;
	const plan = async (request: object): Promise<InstallPlan> => {
		planned++;
		const outcome = planInstall(ask('radarr', { ...(request as Partial<PlanRequest>) }), around);
		if (outcome.status === 'planned') return outcome.plan;
		throw new CoveyError(outcome.refusal.code, outcome.refusal.message);
	};
	const isPlain = (name: string) => around.graph.get(name)?.integrations.length === 0;
	const isAtHome = (name: string, ports: readonly string[]) => {
		const facets = around.graph.get(name);
		return facets?.drivers.includes('process') === true && ports.every((port) => facets.ports.some((one) => one.name === port));
	};
	return { planning: { plan, isPlain, isAtHome }, exists: async () => there, count: () => planned };
}

async function shown(): Promise<string> {
	return (await cluster().planning.plan({ with: ['deluge'] })).fingerprint;
}

test('an accepted plan becomes host, ports and parts', async () => {
	expect(await inputOf(cluster(), { ...REQUEST, plan: await shown() })).toMatchObject({
		app: 'radarr',
		planned: { host: 'alder', ports: { web: 20_000 } },
		parts: [{ instance: 'deluge', app: 'deluge', planned: { host: 'alder', ports: { web: 8080 } }, uses: [] }],
		uses: [{ integration: 'client', with: 'deluge' }],
	});
});

test('without a plan that was seen, hosts are kept and ports are free to change', async () => {
	const { planned, parts } = await inputOf(cluster(), REQUEST);
	expect([planned?.ports, parts[0]?.planned?.ports]).toEqual([{}, {}]);
});

test('a plan that changed is refused with what is different, and with the new one', async () => {
	const stale = await inputOf(cluster([8080]), { ...REQUEST, plan: await shown() }).catch((thrown) => thrown);
	expect(stale).toMatchObject({
		code: 'PLAN_STALE',
		message: 'The plan no longer holds: deluge gets port 20000, not 8080; radarr gets port 20001, not 20000.',
		details: { essence: expect.any(Array), plan: { status: 'ready' } },
	});
});

test('what is to be chosen is named', async () => {
	const open = await inputOf(cluster(), { cmdId: 'c1', app: 'radarr' }).catch((thrown) => thrown);
	expect(open).toMatchObject({
		code: 'CHOICE_OPEN',
		message: expect.stringContaining('radarr requires a client: deluge, sabnzbd'),
	});
});

test('the same request sent again does not stumble over what it made', async () => {
	const again = await inputOf(cluster([8080], true), { ...REQUEST, plan: await shown() });
	expect(again).toMatchObject({ app: 'radarr', parts: [] });
});

test('an app that uses no other is not planned when nobody asks for it', async () => {
	const around = cluster();
	expect(await inputOf(around, { cmdId: 'c1', app: 'notes' })).toMatchObject({ app: 'notes', planned: null, parts: [] });
	expect(around.count()).toBe(0);
});

test('a wish that cannot be fulfilled is refused before there is an actor: a port it has not got, no host that could run it', async () => {
	const around = cluster();
	const refusal = (request: object) => inputOf(around, { cmdId: 'c1', app: 'notes', ...request }).catch((thrown) => thrown);
	expect(await refusal({ ports: { nope: 8080 } })).toMatchObject({
		code: 'BAD_REQUEST',
		message: 'notes has no port called nope; it has web.',
	});
	expect(await refusal({ app: 'contained' })).toMatchObject({ code: 'NO_SUITABLE_HOST' });
	expect(await refusal({ ports: { web: 8080 } })).toMatchObject({ app: 'notes', ports: { web: 8080 }, planned: null });
});
