// A cluster of one becomes one of three and of five while its app runs, loses hosts, and shrinks again; nothing kept is lost.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VotersData } from '../../machines/voters/contract.ts';
import { eventually } from '../helpers/eventually.ts';
import { type GrownCluster, startGrown } from '../helpers/grown-cluster.ts';

const LIMIT = 300_000;
let cluster: GrownCluster;
let appPid: number;
let firstSteps: unknown[];

beforeAll(async () => {
	cluster = await startGrown('alder');
}, LIMIT);
afterAll(() => cluster?.[Symbol.asyncDispose](), LIMIT);

const roleOf = (name: string): { type: string; routes?: string[]; remotes?: string[] } =>
	JSON.parse(readFileSync(join(cluster.dataOf(name), 'cluster.json'), 'utf8')).role;

const stepsOf = async (on: string): Promise<unknown[]> => {
	const { steps } = await cluster.ask(on, 'timeline', { actor: 'install/kept', limit: 200 });
	return steps.map(({ seq, to }) => ({ seq, to }));
};

/** What the app itself says, at the address that the cluster tells. */
const pidOfApp = async (on: string): Promise<number> => {
	const { apps } = await cluster.ask(on, 'apps', {});
	return Number(await (await fetch(new URL('/health', `${apps[0]?.url}`))).text());
};

const stillRuns = async (on: string): Promise<void> => {
	const { apps } = await cluster.ask(on, 'apps', {});
	expect(apps).toMatchObject([{ instance: 'kept', phase: 'running' }]);
	expect(await pidOfApp(on), 'the same process').toBe(appPid);
	expect((await stepsOf(on)).slice(0, firstSteps.length)).toEqual(firstSteps);
};

test('one host is a cluster; a second one rides along without a vote', { timeout: LIMIT }, async () => {
	const { code, data } = await cluster.cli('alder', 'install', 'notes', '--name', 'kept', '--wait');
	expect(code, JSON.stringify(data)).toBe(0);
	appPid = await pidOfApp('alder');
	firstSteps = await stepsOf('alder');
	await cluster.add('birch', 'alder');
	await cluster.untilVoters('birch', ['alder']);
	await stillRuns('birch');
	const { data: hosts } = await cluster.cli('birch', 'hosts');
	expect(JSON.stringify(hosts)).toMatch(/witness/);
});

test('with the third host all three vote, and the app runs on', { timeout: LIMIT }, async () => {
	await cluster.add('cedar', 'birch');
	await cluster.untilVoters('cedar', ['alder', 'birch', 'cedar']);
	await stillRuns('cedar');
	for (const name of ['alder', 'birch', 'cedar'])
		await eventually(`${name} knows all voters`, () => roleOf(name).type === 'voter' && roleOf(name).routes?.length === 3);
	cluster.kill('alder');
	const { code, data } = await cluster.cli('birch', 'voters', '5');
	expect(code, JSON.stringify(data)).toBe(0);
	await cluster.revive('alder');
	await cluster.untilOnline('cedar', ['alder', 'birch', 'cedar']);
	await eventually('it has its app back', async () => {
		appPid = await pidOfApp('alder');
		await stillRuns('alder');
		return true;
	});
});

test('five are voters when five are wanted, though one is killed while it becomes one', { timeout: LIMIT }, async () => {
	await cluster.add('dogwood', 'alder');
	await cluster.add('elm', 'birch');
	await eventually('a fourth is becoming a voter', async () => {
		const { actor } = await cluster.ask('birch', 'show', { actor: 'voters/cluster' });
		return actor.phase === 'promoting';
	});
	const { data } = await cluster.cli('birch', 'voters');
	const chosen = /(dogwood|elm) becomes/.exec(data.reason ?? '')?.[1] ?? 'dogwood';
	cluster.kill(chosen);
	await cluster.revive(chosen);
	await cluster.untilVoters('alder', ['alder', 'birch', 'cedar', 'dogwood', 'elm'], 200_000);
	await stillRuns('elm');
});

test('a dead voter is forgotten, and three are enough again', { timeout: LIMIT }, async () => {
	cluster.kill('elm');
	await eventually('it is offline', async () => {
		const { hosts } = await cluster.ask('alder', 'hosts', {});
		return hosts.some(({ host, presence }) => host === 'elm' && presence === 'offline');
	});
	const { code, data } = await cluster.cli('alder', 'forget', 'elm', '--force');
	expect(code, JSON.stringify(data)).toBe(0);
	expect((await cluster.cli('alder', 'voters', '3')).code).toBe(0);
	await eventually(
		'three vote',
		async () => {
			const { actor, data } = await cluster.ask('alder', 'show', { actor: 'voters/cluster' });
			if (actor.phase === 'steady' && VotersData.parse(data).voters.length === 3) return true;
			throw new Error(`${actor.phase}: ${actor.words}`);
		},
		120_000,
	);
	await stillRuns('alder');
	await expect(cluster.revive('elm')).rejects.toThrow(/forgotten|HOST_FORGOTTEN|no member/);
});

test('a voter leaves: another one takes its place before it goes', { timeout: LIMIT }, async () => {
	const { data: before } = await cluster.cli('alder', 'voters');
	const leaver = before.voters.find((name: string) => name !== 'alder');
	const { code, data } = await cluster.cli('alder', 'leave', leaver);
	expect(code, JSON.stringify(data)).toBe(0);
	const left = ['alder', 'birch', 'cedar', 'dogwood'].filter((name) => name !== leaver);
	await cluster.untilVoters('alder', left, 120_000);
	await stillRuns('alder');
});
