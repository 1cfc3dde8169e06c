// What holds for every catalog, every set of installed apps and every wish.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Facets } from '../../catalog/facets.ts';
import type { Graph } from '../../catalog/graph.ts';
import type { Installed, PlanHost } from '../../catalog/install-plan.ts';
import { type PlanRequest, type PlanWorld, planInstall } from '../../catalog/plan.ts';
import { planRemoval } from '../../catalog/remove-plan.ts';
import { app, host, MIB, needs, placeBy, world } from './plan-world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const HOSTS = ['alder', 'birch', 'cedar'];

/** An app may only require apps that come before it, or any when it is not required: so every catalog can be loaded. */
const catalog: fc.Arbitrary<Facets[]> = fc
	.array(
		fc.record({
			integrations: fc.array(
				fc.record({
					required: fc.boolean(),
					many: fc.boolean(),
					apps: fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 3 }),
				}),
				{ maxLength: 3 },
			),
			ports: fc.array(fc.integer({ min: 8_000, max: 8_003 }), { maxLength: 3 }),
			databases: fc.subarray(['postgres', 'redis'] as const),
			memory: fc.integer({ min: 1, max: 20 }),
		}),
		{ minLength: 8, maxLength: 8 },
	)
	.map((parts) =>
		parts.map(({ integrations, ports, databases, memory }, index) =>
			app(NAMES[index] ?? '', {
				memory: { min: memory * 10 * MIB, recommended: memory * 10 * MIB },
				databases,
				ports: ports.map((port, number) => ({ name: `p${number}`, port, protocol: 'tcp', web: false })),
				integrations: integrations.flatMap(({ required, many, apps }, number) => {
					const able = apps.filter((one) => (required ? one < index : one !== index)).map((one) => NAMES[one] ?? '');
					return able.length > 0 ? [needs(`i${number}`, able, { required, many })] : [];
				}),
			}),
		),
	);

const hosts: fc.Arbitrary<PlanHost[]> = fc
	.record({
		shared: fc.boolean(),
		usual: fc.boolean(),
		taken: fc.array(fc.record({ port: fc.integer({ min: 8_000, max: 8_004 }), by: fc.constant('x') }), { maxLength: 3 }),
	})
	.map(({ shared, usual, taken }) =>
		HOSTS.map((name) => host(name, { address: shared ? 'one' : name, range: { from: 20_000, to: 20_040, usual }, taken })),
	);

const request: fc.Arbitrary<PlanRequest> = fc.record({
	app: fc.constantFrom(...NAMES),
	instance: fc.option(fc.constantFrom('mine', 'a'), { nil: null }),
	host: fc.option(fc.constantFrom(...HOSTS), { nil: null, freq: 5 }),
	ports: fc.constant({}),
	with: fc.oneof(fc.constant([]), fc.subarray(NAMES, { maxLength: 2 })),
	recommended: fc.boolean(),
	dedicated: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray(['postgres', 'redis'] as const)),
	fresh: fc.constant(false),
	accepted: fc.constant(null),
});

/** Only what an orderly history leaves: each required integration of an installed app is met. */
const installedOf = (apps: readonly Facets[], chosen: readonly string[], graph: Graph): Installed[] => {
	const installed: Installed[] = [];
	for (const { name, integrations } of apps) {
		const isMet = integrations.every(
			(one) =>
				!one.required || graph.servers(name, one.name).some((server) => installed.some(({ app: there }) => there === server)),
		);
		if (chosen.includes(name) && isMet)
			installed.push({ instance: name, app: name, host: HOSTS[installed.length % 3] ?? null, present: true });
	}
	return installed;
};

const scene: fc.Arbitrary<{ around: PlanWorld; request: PlanRequest }> = fc
	.record({
		catalog,
		hosts,
		chosen: fc.subarray(NAMES),
		request,
		free: fc.array(fc.integer({ min: 5, max: 200 }), { minLength: 3, maxLength: 3 }),
	})
	.map(({ catalog: apps, hosts: planHosts, chosen, request: wish, free }) => {
		const around = world(apps, {
			hosts: planHosts,
			place: placeBy(Object.fromEntries(HOSTS.map((name, index) => [name, (free[index] ?? 0) * 10 * MIB]))),
		});
		return { around: { ...around, installed: installedOf(apps, chosen, around.graph) }, request: wish };
	});

const RUNS = { numRuns: 1_000 };

test('a plan that is ready leaves no required integration unmet, and installs what is used before its user', () => {
	let ready = 0;
	fc.assert(
		fc.property(scene, ({ around, request: wish }) => {
			const outcome = planInstall(wish, around);
			if (outcome.status !== 'planned') return;
			const { plan } = outcome;
			if (plan.status === 'ready') ready++;
			const there = new Map(around.installed.map((one) => [one.instance, one.app]));
			for (const step of plan.steps) {
				for (const { name, required } of around.graph.get(step.app)?.integrations ?? []) {
					const partners = plan.configures.filter((wire) => wire.instance === step.instance && wire.integration === name);
					for (const { with: partner } of partners) expect(around.graph.servers(step.app, name)).toContain(there.get(partner));
					const isOpen = plan.choices.some(
						(one) => one.instance === step.instance && one.integration === name && one.chosen === null,
					);
					if (required) expect(partners.length > 0 || (plan.status === 'open' && isOpen)).toBe(true);
				}
				expect(there.has(step.instance)).toBe(false);
				there.set(step.instance, step.app);
			}
			expect(plan.steps.at(-1)).toMatchObject({ app: wish.app, for: null });
		}),
		RUNS,
	);
	expect(ready).toBeGreaterThan(200);
});

test('no port is given twice on an address, and no host is promised more than it has', () => {
	fc.assert(
		fc.property(scene, ({ around, request: wish }) => {
			const outcome = planInstall(wish, around);
			if (outcome.status !== 'planned') return;
			const addressOf = (name: string) => around.hosts.find((one) => one.host === name)?.address;
			const taken = new Set(around.hosts.flatMap(({ address, taken: ports }) => ports.map(({ port }) => `${address}:${port}`)));
			for (const { host: name, ports } of outcome.plan.steps)
				for (const { port } of ports) {
					const key = `${addressOf(name)}:${port}`;
					expect(taken.has(key)).toBe(false);
					taken.add(key);
				}
			for (const step of outcome.plan.steps) expect(step.hosts[0]?.score).not.toBeNull();
		}),
		RUNS,
	);
});

test('the same question has the same answer, and an accepted plan is found again', () => {
	fc.assert(
		fc.property(scene, ({ around, request: wish }) => {
			const first = planInstall(wish, around);
			expect(planInstall(structuredClone(wish), { ...around })).toEqual(first);
			if (first.status !== 'planned') return;
			const again = planInstall({ ...wish, accepted: first.plan.fingerprint }, around);
			expect(again.status === 'planned' && again.plan.fingerprint).toBe(first.plan.fingerprint);
		}),
		RUNS,
	);
});

test('a removal that is not blocked breaks no installed app, and one that is blocked would', () => {
	fc.assert(
		fc.property(scene, fc.nat(), ({ around }, pick) => {
			const { graph, installed } = around;
			const going = installed[pick % Math.max(1, installed.length)];
			if (!going) return;
			const rest = installed.filter((one) => one !== going);
			const broken = rest.filter(({ app: name }) =>
				graph
					.get(name)
					?.integrations.some(
						(one) => one.required && !graph.servers(name, one.name).some((server) => rest.some((other) => other.app === server)),
					),
			);
			const plan = planRemoval(going.instance, false, { graph, installed });
			expect(plan?.status).toBe(broken.length > 0 ? 'blocked' : 'ready');
			expect(new Set(plan?.blockers.map((one) => one.instance))).toEqual(new Set(broken.map((one) => one.instance)));
			for (const wire of plan?.reconfigures ?? []) expect(rest.some((one) => one.instance === wire.with)).toBe(true);
		}),
		RUNS,
	);
});
