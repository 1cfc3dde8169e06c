import { expect, test } from 'vitest';
import { describeInstall, describeRemoval, essenceOf } from '../../../catalog/describe-plan.ts';
import type { InstallPlan } from '../../../catalog/install-plan.ts';
import { type PlanRequest, planInstall } from '../../../catalog/plan.ts';
import { planRemoval, removalBlocked } from '../../../catalog/remove-plan.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { app, ask, needs, there, world } from '../../catalog/plan-world.ts';
import { covey } from './fake-cluster.ts';

const APPS = [app('radarr', { integrations: [needs('client', ['deluge', 'sabnzbd'])] }), app('deluge'), app('sabnzbd')];

function planOf(wishes: Partial<PlanRequest>): InstallPlan {
	const outcome = planInstall(ask('radarr', wishes), world(APPS));
	if (outcome.status === 'refused') throw new Error(outcome.refusal.message);
	return outcome.plan;
}

const asking = (plan: InstallPlan, changed: string[] = []) => ({
	ask: async () => ({ plan, words: describeInstall(plan), essence: essenceOf(plan), changed }),
});

test('a plan ends with the command that accepts exactly it', async () => {
	const plan = planOf({ with: ['deluge'] });
	const { exit, out } = await covey('plan install radarr --with deluge --name movies', asking(plan));
	expect(exit).toBe(0);
	expect(out).toContain('Why alder for deluge');
	expect(out.trimEnd().split('\n').at(-1)).toBe(`  covey install radarr --name movies --with deluge --plan ${plan.fingerprint}`);
});

test('an open plan says how to choose, and ends with exit code 3', async () => {
	const { exit, out } = await covey('plan install radarr', asking(planOf({})));
	expect(exit).toBe(3);
	expect(out).toContain('--with deluge: DELUGE, 100 MiB of memory (recommended)');
	expect(out).not.toContain('--plan');
});

test.each([80, 120])('no line of a plan is longer than a terminal of %i columns', async (columns) => {
	const { out } = await covey('plan install radarr --with deluge', asking(planOf({ with: ['deluge'] })), columns);
	const commands = /^ {2}covey install/;
	expect(out.split('\n').filter((line) => line.length > columns && !commands.test(line))).toEqual([]);
});

test('a stale plan is shown with the difference and the command for the new one', async () => {
	const plan = planOf({ with: ['deluge'] });
	const create = async () => {
		throw new CoveyError('PLAN_STALE', 'The plan no longer holds.', {
			details: { plan, essence: essenceOf(plan), changed: ['alder is full'] },
		});
	};
	const { exit, out, err } = await covey('install radarr --with deluge --plan old', { create });
	expect(exit).toBe(3);
	expect(out).toContain('What is different now\n  alder is full');
	expect(out).toContain(`covey install radarr --with deluge --plan ${plan.fingerprint}`);
	expect(err).toMatch(/^The plan no longer holds\.\nWhat to do: /);
});

const removal = (deleteData = false) => {
	const around = world(APPS);
	const plan = planRemoval('deluge', deleteData, { graph: around.graph, installed: [there('radarr'), there('deluge')] });
	if (!plan) throw new Error('no plan');
	return { plan, words: describeRemoval(plan) };
};

test('an app that others need is not removed, unless a person insists', async () => {
	const sent: unknown[] = [];
	const fake = {
		ask: async () => removal(),
		command: async (_ref: unknown, command: { force?: boolean }) => {
			if (!command.force) throw removalBlocked(removal().plan);
			sent.push(command);
			return { ok: true, seq: 2, phase: 'removing' };
		},
	};
	const refused = await covey('remove deluge', fake);
	expect([refused.exit, sent]).toEqual([3, []]);
	expect(refused.err).toContain('deluge is needed: radarr requires a client.');
	expect((await covey('remove deluge --force', fake)).exit).toBe(0);
	expect(sent).toEqual([{ type: 'install.remove', force: true }]);
	expect((await covey('plan remove deluge', fake)).exit).toBe(3);
});

const ROOM = { host: 'alder', memoryPercent: 94, diskPercent: 20 };

test('advice says what is too full and what to do about it', async () => {
	const after = { ...ROOM, memoryPercent: 70 };
	const move = {
		instance: 'notes',
		app: 'notes',
		from: 'alder',
		to: 'birch',
		memoryBytes: 2 ** 30,
		why: '',
		before: [ROOM],
		after: [after],
	};
	const answer = { hosts: [ROOM], trouble: [{ host: 'alder', words: '94 % of its memory' }], moves: [move], refused: [] };
	const asked: unknown[] = [];
	const fake = {
		ask: async (_question: string, input: unknown) => {
			asked.push(input);
			return answer;
		},
	};
	expect((await covey('advice', fake)).out).toContain('alder memory 94 → 70 %');
	await covey('advice --what-if notes=birch', fake);
	expect(asked).toEqual([{}, { move: 'notes', to: 'birch' }]);
	expect((await covey('advice --what-if notes', fake)).exit).toBe(2);
});

test('weights are changed by name, and a wrong one changes nothing', async () => {
	const usual = { memory: 40, disk: 30, cpu: 15, load: 10, reliability: 5 };
	const asked: unknown[] = [];
	const fake = {
		ask: async (question: string, input: object) => {
			if (question === 'placement.set') asked.push(input);
			return { weights: usual, usual, ...input };
		},
	};
	const { out } = await covey('weights --set memory=60,load=0', fake);
	expect(asked).toEqual([{ weights: { ...usual, memory: 60, load: 0 } }]);
	expect(out).toMatch(/memory +60 +55 +40/);
	expect((await covey('weights --set size=3', fake)).exit).toBe(2);
	expect(asked).toHaveLength(1);
});

const ITEM = {
	id: 'my-notes-2026-11-21t08-00-00-000z',
	host: 'alder',
	instance: 'my-notes',
	app: 'notes',
	at: Date.now(),
	expiresAt: Date.now() + 30 * 86_400_000,
	bytes: null,
};

test.each([80, 120])('the trash fits a terminal of %i columns, with whole ids', async (columns) => {
	const { out } = await covey('trash', { ask: async () => ({ items: [ITEM], silent: ['birch'] }) }, columns);
	expect(out).toContain('Not answered: birch');
	expect(out).toContain(ITEM.id);
	expect(out.split('\n').filter((line) => line.length > columns)).toEqual([]);
});

test('what was restored comes with the command that installs it there', async () => {
	const { out } = await covey(`trash restore ${ITEM.id}`, {
		ask: async () => ({ instance: 'my-notes', app: 'notes', host: 'alder' }),
	});
	expect(out).toContain('covey install notes --name my-notes --host alder');
});

test('the trash is emptied by name or with --all, never by accident', async () => {
	const asked: unknown[] = [];
	const fake = {
		ask: async (_question: string, input: unknown) => {
			asked.push(input);
			return { gone: [] };
		},
	};
	expect((await covey('trash empty', fake)).exit).toBe(2);
	expect((await covey(`trash empty ${ITEM.id} --all`, fake)).exit).toBe(2);
	expect(asked).toEqual([]);
	await covey('trash empty --all --host alder', fake);
	expect(asked).toEqual([{ id: null, host: 'alder' }]);
});
