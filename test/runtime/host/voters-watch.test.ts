import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Standing } from '../../../machines/voters/choose.ts';
import type { ActorRecord } from '../../../runtime/engine/record.ts';
import { ClusterSettings } from '../../../runtime/host/cluster-settings.ts';
import { withRole } from '../../../runtime/host/server-role.ts';
import { isDue, isForsaken } from '../../../runtime/host/voters-watch.ts';
import { projectRoot } from '../../helpers/source-tree.ts';

const golden = JSON.parse(readFileSync(join(projectRoot, 'test/machines/golden/voters-1.json'), 'utf8')) as ActorRecord[];
const steady = golden.find(({ view }) => view.phase === 'steady') as ActorRecord;

const alder: Standing = {
	host: 'alder',
	server: 'alder-1',
	role: 'voter',
	counted: true,
	runsAsVoter: true,
	witness: false,
	offlineSince: null,
	uptimeShare: 1,
	held: 6,
	excluded: false,
	avoided: false,
};
const leaf = (host: string): Standing => ({
	...alder,
	host,
	server: `${host}-1`,
	role: 'leaf',
	counted: false,
	runsAsVoter: false,
	held: 0,
});
const copies = { lowest: 1, highest: 1, settled: true };

test('a decision is due when it would be another one now, and not before', () => {
	expect(isDue(steady, { seat: 'alder', seen: { members: [alder], copies } }, 0)).toBe(false);
	expect(isDue(steady, { seat: 'alder', seen: { members: [alder, leaf('birch'), leaf('cedar')], copies } }, 0)).toBe(true);
	expect(isDue(steady, { seat: 'birch', seen: null }, 0)).toBe(true);
});

test('a host that goes away while it becomes an ordinary one is not waited for', () => {
	const choice = { change: 'settle', host: 'birch', reason: '' };
	const settling = { ...steady, view: { ...steady.view, phase: 'settling' }, snap: { ...steady.snap, context: { choice } } };
	expect(isForsaken(settling, () => 'offline')).toBe(true);
	expect(isForsaken(settling, () => 'online')).toBe(false);
	expect(isForsaken(steady, () => 'offline')).toBe(false);
});

test('settings follow a change of role and keep the rest', () => {
	const settings = ClusterSettings.parse({
		schema: 1,
		host: 'birch',
		address: '192.0.2.7',
		ports: { nats: 1, cluster: 2, leaf: 3, monitor: 4, http: 5 },
		role: { type: 'leaf', cluster: 'home', remotes: ['192.0.2.6:3'] },
		secure: true,
		appPorts: { from: 20_000, to: 20_999, usual: true },
	});
	const voter = withRole(settings, { role: 'voter', install: 1, routes: ['192.0.2.6:2', '192.0.2.7:2'] });
	expect(ClusterSettings.parse(voter)).toMatchObject({ secure: true, install: 1, role: { type: 'voter', cluster: 'home' } });
	expect(withRole(voter, { role: 'leaf', install: 2, remotes: ['192.0.2.6:3'] })).toEqual({ ...settings, install: 2 });
});
