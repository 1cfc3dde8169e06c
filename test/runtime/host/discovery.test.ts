import { expect, onTestFinished, test } from 'vitest';
import { type Discovered, type Discovery, startDiscovery } from '../../../runtime/host/discovery.ts';
import { eventually } from '../../helpers/eventually.ts';

const announcement = (host: string, cluster = 'covey-1') => ({
	host,
	cluster,
	ca: '0123456789abcdef',
	version: '1.0.0',
	port: 7780,
});

function start(announce: ReturnType<typeof announcement> | null, onFound?: (found: Discovered) => void): Discovery {
	const discovery = startDiscovery({
		address: '127.0.0.1',
		announce,
		...(onFound ? { onFound } : {}),
		onTrouble: (message) => {
			throw new Error(message);
		},
	});
	onTestFinished(() => discovery.stop());
	return discovery;
}

test('hosts on one network hear each other, once, and not themselves', { timeout: 20_000 }, async () => {
	const heard: string[] = [];
	const one = start(announcement('alder'), ({ host }) => heard.push(host));
	const other = start(announcement('birch'));
	await eventually('they hear each other', () => {
		expect(one.found()).toMatchObject([{ host: 'birch', cluster: 'covey-1', port: 7780, address: '127.0.0.1' }]);
		expect(other.found().map(({ host }) => host)).toEqual(['alder']);
		return true;
	});
	expect(heard).toEqual(['birch']);
});

test('who only listens finds hosts of several clusters with the same name', { timeout: 20_000 }, async () => {
	start(announcement('nas', 'covey-1'));
	start(announcement('nas', 'covey-2'));
	const listener = start(null);
	await eventually('both are heard', () => {
		expect(
			listener
				.found()
				.map(({ cluster }) => cluster)
				.sort(),
		).toEqual(['covey-1', 'covey-2']);
		return true;
	});
});

test('a host that leaves in order is forgotten', { timeout: 20_000 }, async () => {
	const leaving = startDiscovery({ address: '127.0.0.1', announce: announcement('cedar'), onTrouble: () => undefined });
	const listener = start(null);
	await eventually('it is heard', () => listener.found().length === 1);
	await leaving.stop();
	await eventually('it is gone', () => listener.found().length === 0);
});
