import { expect, test } from 'vitest';
import type { AppOn } from '../../../machines/host/apps-on.ts';
import { impactOf } from '../../../machines/host/impact.ts';
import type { Standby } from '../../../machines/host/survives.ts';

const hostOf = (host: string, voter: boolean, presence: Standby['presence'] = 'online'): Standby => ({
	host,
	voter,
	presence,
	witness: false,
});
const THREE = [hostOf('alder', true), hostOf('birch', true), hostOf('cedar', true), hostOf('dogwood', false)];
const app = (instance: string, phase: string, more: Partial<AppOn> = {}): AppOn => ({
	instance,
	app: instance,
	phase,
	host: 'birch',
	pinned: false,
	movable: false,
	url: null,
	...more,
});
const impact = (host: string, hosts: Standby[], apps: AppOn[] = []) =>
	impactOf({ host, hosts, apps, placeElsewhere: () => 'cedar' });

test('an app with data stops until its host is back: there is no copy', () => {
	const { apps, unharmed } = impact('birch', THREE, [app('notes', 'running'), app('other', 'running', { host: 'cedar' })]);
	expect(apps).toMatchObject([{ instance: 'notes', outcome: 'stops', to: null }]);
	expect(apps[0]?.words).toContain('there is no copy elsewhere');
	expect(unharmed).toBe(1);
});

test('an install that has not run is placed again, unless a person chose the host or none can take it', () => {
	const movable = app('new', 'building', { movable: true });
	expect(impact('birch', THREE, [movable]).apps).toMatchObject([{ outcome: 'placed', to: 'cedar' }]);
	expect(impact('birch', THREE, [app('mine', 'building', { pinned: true })]).apps).toMatchObject([{ outcome: 'waits' }]);
	const nowhere = impactOf({ host: 'birch', hosts: THREE, apps: [movable], placeElsewhere: () => null });
	expect(nowhere.apps).toMatchObject([{ outcome: 'waits', to: null }]);
});

test('what is down already does not stop once more', () => {
	expect(impact('birch', THREE, [app('away', 'unreachable'), app('off', 'stopped')]).apps).toMatchObject([
		{ outcome: 'none' },
		{ outcome: 'waits' },
	]);
});

test('one of three voters: the majority stays, and names who must not die next', () => {
	const { cluster } = impact('birch', THREE);
	expect(cluster).toMatchObject({
		majority: true,
		voters: 3,
		needed: 2,
		left: ['alder', 'cedar'],
		mustNotDieNext: ['alder', 'cedar'],
	});
	expect(cluster.words[1]).toMatch(/neither alder nor cedar may die/);
});

test('a host without a vote harms nobody else', () => {
	const { cluster } = impact('dogwood', THREE);
	expect(cluster).toMatchObject({ majority: true, mustNotDieNext: [] });
	expect(cluster.words[0]).toBe('dogwood has no vote: the cluster goes on unharmed.');
});

test('the only voter of two hosts takes every change with it', () => {
	const { cluster } = impact('alder', [hostOf('alder', true), hostOf('birch', false)]);
	expect(cluster).toMatchObject({ majority: false, left: [] });
	expect(cluster.words[0]).toBe('Nothing can be changed until alder is back: no voting host is left.');
});

test('the second voter of three', () => {
	const { cluster } = impact('birch', [hostOf('alder', true, 'offline'), hostOf('birch', true), hostOf('cedar', true)]);
	expect(cluster).toMatchObject({ majority: false, left: ['cedar'] });
	expect(cluster.words[0]).toContain('2 of 3 voting hosts are needed, and only cedar is left');
});
