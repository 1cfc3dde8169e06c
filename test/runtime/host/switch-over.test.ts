import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ClusterSettings, readSettings, writeSettings } from '../../../runtime/host/cluster-settings.ts';
import {
	assertNotRecovering,
	type Recovering,
	readRecovered,
	readRecovering,
	writeRecovering,
} from '../../../runtime/host/recovery-file.ts';
import { beforeFolder, switchOver } from '../../../runtime/host/switch-over.ts';
import { foundingIdentity, foundTrust } from '../../../runtime/trust/founding.ts';
import { type Identity, readIdentity, writeIdentity } from '../../../runtime/trust/identity.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);
let data: string;
let keys: { old: Identity; fresh: Identity };

const settings = (cluster: string, install: number): ClusterSettings => ({
	schema: 1,
	host: 'alder',
	address: '127.0.0.1',
	ports: { nats: 1, cluster: 2, leaf: 3, monitor: 4, http: 5 },
	role: { type: 'voter', cluster, voters: 1, routes: ['127.0.0.1:2'] },
	install,
	secure: true,
	witness: false,
	appPorts: { from: 6, to: 7, usual: true },
});
const recovering: Recovering = { schema: 1, at: AT, from: 'old', settings: settings('new', 2), forgotten: ['birch', 'cedar'] };

const put = (file: string, text: string): void => {
	mkdirSync(dirname(join(data, file)), { recursive: true });
	writeFileSync(join(data, file), text);
};
const textOf = (file: string): string | null => (existsSync(join(data, file)) ? readFileSync(join(data, file), 'utf8') : null);

beforeEach(async () => {
	data = mkdtempSync(join(tmpdir(), 'covey-switch-'));
	const identity = async () =>
		foundingIdentity(await foundTrust('home', Date.now()), { host: 'alder', address: '127.0.0.1', now: Date.now() });
	keys ??= { old: await identity(), fresh: await identity() };
	writeSettings(data, settings('old', 1));
	writeIdentity(join(data, 'trust'), keys.old);
	put('nats/store/streams', 'old');
	put('nats/nats.log', 'log');
	put('jobs.db', 'old jobs');
	put('jobs.db-wal', 'old wal');
	put('copy/complete.json', 'old copy');
	put('recovery/nats/store/streams', 'new');
	writeIdentity(join(data, 'recovery', 'trust'), keys.fresh);
	writeRecovering(data, recovering);
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const STEPS = ['keep', 'storeAside', 'storeInPlace', 'jobsAside', 'copyAside', 'keys', 'settings', 'clean', 'done'];

test.each(['', ...STEPS])('killed after the step "%s" it goes on where it was, and keeps everything that was there', (deadly) => {
	const killed = (step: string): void => {
		if (step === deadly) throw new Error('killed');
	};
	if (deadly !== '') {
		expect(() => switchOver(data, recovering, killed)).toThrow('killed');
		if (deadly === 'done') return expect(readRecovering(data)).toBeNull();
		expect(() => assertNotRecovering(data)).toThrow(/is not finished/);
	}
	const steps: string[] = [];
	switchOver(data, readRecovering(data) as Recovering, (step) => steps.push(step));
	expect(steps).toEqual(STEPS);
	expect(textOf('nats/store/streams')).toBe('new');
	expect(textOf('nats/nats.log')).toBe('log');
	expect(['jobs.db', 'jobs.db-wal', 'copy/complete.json', 'recovery/nats/store/streams'].map(textOf)).toEqual([
		null,
		null,
		null,
		null,
	]);
	expect(readSettings(data)).toEqual(settings('new', 2));
	expect(readIdentity(join(data, 'trust'))).toEqual(keys.fresh);
	expect(() => assertNotRecovering(data)).not.toThrow();
	expect(readRecovered(data)).toEqual({ schema: 1, at: AT, from: 'old', cluster: 'new', forgotten: ['birch', 'cedar'] });
	const before = 'before-recovery-20260102-030405';
	expect(beforeFolder(data, 'recovery', AT)).toBe(join(data, before));
	expect(
		['nats-store/streams', 'jobs.db', 'jobs.db-wal', 'copy/complete.json'].map((file) => textOf(join(before, file))),
	).toEqual(['old', 'old jobs', 'old wal', 'old copy']);
	expect(readIdentity(join(data, before))).toEqual(keys.old);
	expect(readSettings(join(data, before))).toEqual(settings('old', 1));
});

test('a host that never voted has no store to keep', () => {
	rmSync(join(data, 'nats', 'store'), { recursive: true });
	switchOver(data, recovering);
	expect(textOf('nats/store/streams')).toBe('new');
	expect(existsSync(join(beforeFolder(data, 'recovery', AT), 'nats-store'))).toBe(false);
});
