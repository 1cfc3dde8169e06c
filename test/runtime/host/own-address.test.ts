import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { chooseAddress } from '../../../runtime/host/own-address.ts';

const at = (address: string, internal = false): NetworkInterfaceInfo[] => [
	{ address, netmask: '255.255.255.0', family: 'IPv4', mac: '00:00:00:00:00:00', internal, cidr: `${address}/24` },
];

test('the interface of the default route wins', () => {
	expect(chooseAddress({ eth0: at('10.0.0.2'), wlan0: at('192.168.1.5') }, 'wlan0')).toBe('192.168.1.5');
});

test('without a default route a private address wins over a public one, and bridges of container engines come last', () => {
	expect(chooseAddress({ docker0: at('172.17.0.1'), eth1: at('203.0.113.9'), eth0: at('192.168.1.5') }, null)).toBe(
		'192.168.1.5',
	);
	expect(chooseAddress({ docker0: at('172.17.0.1'), eth1: at('203.0.113.9') }, null)).toBe('203.0.113.9');
	expect(chooseAddress({ docker0: at('172.17.0.1') }, null)).toBe('172.17.0.1');
});

test('a machine on no network has only itself', () => {
	expect(chooseAddress({ lo: at('127.0.0.1', true), eth0: at('169.254.7.7') }, null)).toBe('127.0.0.1');
});
