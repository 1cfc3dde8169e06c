import { expect, test } from 'vitest';
import type { HostFacts, Presence } from '../../../machines/host/contract.ts';
import { totalsOf } from '../../../runtime/host/totals.ts';

const host = (presence: Presence, cores: number, percent: number): HostFacts & { presence: Presence } => ({
	...{
		schema: 1,
		host: 'alder',
		incarnation: 1,
		at: 0,
		startedAt: 0,
		version: '1',
		http: '',
		nats: '',
		voter: true,
		pid: 1,
		natsPid: null,
	},
	os: { name: '', version: '', kernel: '', arch: '', bootedAt: 0 },
	cpu: { model: '', cores, percent, load: [0, 0, 0] },
	memory: { total: 100, available: 40, swapTotal: 0, swapUsed: 0 },
	disks: [
		{ mount: '/', type: 'ext4', total: 10, available: 1, data: false },
		{ mount: '/data', type: 'ext4', total: 1_000, available: 900, data: true },
	],
	...{
		network: [],
		temperatures: [],
		devices: [],
		labels: {},
		uptimeShare: 1,
		rss: 1,
		drivers: [],
		machines: [],
		cordoned: false,
		witness: false,
		copyAt: null,
		presence,
	},
});

test('totals count what is there: an offline host is counted but gives no capacity, busy cores weigh by number', () => {
	const hosts = [host('online', 6, 50), host('stale', 2, 10), host('offline', 64, 100)];
	expect(totalsOf(hosts, [{ phase: 'running' }, { phase: 'failed' }])).toEqual({
		...{ hosts: 3, online: 2, cores: 8, cpuPercent: 40, apps: 2, running: 1 },
		memory: { total: 200, available: 80 },
		disk: { total: 2_000, available: 1_800 },
	});
	expect(totalsOf([], [])).toMatchObject({ hosts: 0, cores: 0, cpuPercent: 0 });
});
