import { tmpdir } from 'node:os';
import { expect, test, vi } from 'vitest';
import { HostFacts } from '../../../machines/host/contract.ts';
import { probeMachine } from '../../../runtime/host/fact-probe.ts';
import { busyPercent, createFacts, networkRows } from '../../../runtime/host/facts.ts';
import {
	localMounts,
	parseMeminfo,
	parseMounts,
	parseNetDev,
	parseOsRelease,
	parseStat,
} from '../../../runtime/host/kernel-facts.ts';

const MachineFacts = HostFacts.pick({
	os: true,
	cpu: true,
	memory: true,
	disks: true,
	network: true,
	temperatures: true,
	devices: true,
	rss: true,
});

test('this machine is measured in the shape of the contract, with one disk that holds the data', async () => {
	const meter = createFacts(tmpdir());
	const first = MachineFacts.parse(await meter.measure());
	expect(first.memory.total).toBeGreaterThan(first.memory.available);
	expect(first.disks.filter(({ data }) => data)).toHaveLength(1);
	expect(first.disks.find(({ data }) => data)?.total).toBeGreaterThan(0);
	expect(first.os.name).not.toBe('');
	const second = await meter.measure();
	expect(second.cpu.percent).toBeGreaterThanOrEqual(0);
	expect(second.cpu.percent).toBeLessThanOrEqual(100);
	for (const { name, rxPerSec } of second.network)
		if (first.network.some((row) => row.name === name)) expect(rxPerSec).toBeDefined();
});

test('a measurement costs few milliseconds of processor time', async () => {
	const meter = createFacts(tmpdir());
	for (let warm = 0; warm < 5; warm++) await meter.measure();
	const cost = async () => {
		const before = process.cpuUsage();
		for (let round = 0; round < 10; round++) await meter.measure();
		const { user, system } = process.cpuUsage(before);
		return (user + system) / 10_000;
	};
	// Other tests of this process share the processor: the best of several counts.
	await vi.waitUntil(async () => (await cost()) < 10, { timeout: 15_000 });
});

test('systeminformation is asked in a child process and answers in shape', async () => {
	const probe = await probeMachine();
	expect(probe.os.kernel).not.toBe('');
});

test('processor time is the busy share between two readings', () => {
	const before = parseStat('cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 1 1 1\n');
	const now = parseStat('cpu  200 0 100 900 100 0 0 0 0 0\n');
	expect(busyPercent(before, now)).toBe(50);
	expect(busyPercent(now, now)).toBe(0);
	expect(busyPercent(now, before)).toBe(0);
});

test('network rates come from differences, and a counter that begins anew is no rate', () => {
	const header = 'Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n';
	const read = (rx: number, tx: number) =>
		parseNetDev(`${header}    lo: 9 0 0 0 0 0 0 0 9 0\n  eth0: ${rx} 0 0 0 0 0 0 0 ${tx} 0\nvethab12: 5 0 0 0 0 0 0 0 5 0\n`);
	expect(networkRows(null, { at: 0, network: read(1, 1) })).toMatchObject([{ name: 'eth0' }]);
	const rows = networkRows({ at: 0, network: read(1_000, 500) }, { at: 2_000, network: read(5_000, 0) });
	expect(rows).toMatchObject([{ name: 'eth0', rxPerSec: 2_000, txPerSec: 0 }]);
});

test('available memory is the kernel estimate', () => {
	const text = 'MemTotal:  1000 kB\nMemFree: 10 kB\nMemAvailable:  600 kB\nSwapTotal: 200 kB\nSwapFree: 50 kB\n';
	expect(parseMeminfo(text)).toEqual({ total: 1_024_000, available: 614_400, swapTotal: 204_800, swapUsed: 153_600 });
});

test('the name of the system is read with and without quotes', () => {
	expect(parseOsRelease('PRETTY_NAME="NixOS 25.05"\nNAME=NixOS\nVERSION_ID="25.05"\n')).toEqual({
		name: 'NixOS',
		version: '25.05',
	});
	expect(parseOsRelease('')).toEqual({ name: 'Linux', version: '' });
});

test('disks are local file systems, the one with the data first; network mounts are not even asked', () => {
	const mounts = parseMounts(
		[
			'/dev/sda1 / ext4 rw 0 0',
			'proc /proc proc rw 0 0',
			'nas:/x /mnt/nas nfs4 rw 0 0',
			'/dev/sdb1 /mnt/big\\040disk xfs rw 0 0',
			'tmpfs /run tmpfs rw 0 0',
			'',
		].join('\n'),
	);
	expect(localMounts(mounts, '/mnt/big disk/covey').map(({ mount }) => mount)).toEqual(['/mnt/big disk', '/']);
	expect(localMounts(mounts, '/home/ann').map(({ mount }) => mount)).toEqual(['/', '/mnt/big disk']);
	expect(localMounts(mounts, '/run/covey').map(({ mount }) => mount)).toEqual(['/run', '/', '/mnt/big disk']);
});
