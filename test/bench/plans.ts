// N7: planning an install with what it needs among 200 apps and 50 hosts; placing one among 1,000 hosts with 2,000 instances.
// Everything that a host computes between question and answer; not measured: the network.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostPlan } from '../../actors/drivers/plan.ts';
import { facetsOf } from '../../catalog/facets.ts';
import { graphOf } from '../../catalog/graph.ts';
import { loadCatalog } from '../../catalog/load.ts';
import type { HostFacts } from '../../machines/host/contract.ts';
import { rankHosts, WEIGHTS } from '../../machines/placement/score.ts';
import { planningOf } from '../../runtime/api/planning.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { candidatesOf } from '../../runtime/host/candidates.ts';
import { sampleInstallData, sampleRecord } from '../helpers/sample-record.ts';
import { type Figure, quantile } from './table.ts';

const GIB = 2 ** 30;
const ROUNDS = 60;
const WARM = 10;

export async function plans(): Promise<Figure[]> {
	const small = cluster(50, 150);
	const catalog = await withCatalog(200, async (folder) => loadCatalog(folder));
	const graph = graphOf(catalog.all().map(facetsOf));
	const planning = planningOf({
		catalog,
		graph: () => graph,
		records: () => small.records,
		candidates: async () => candidatesOf({ ...small, presence: () => 'online', except: null }),
		weights: async () => WEIGHTS,
		busyPorts: async () => [],
	});
	const planned = await timed(async () => void (await planning.plan({ app: 'app-0', name: 'new', recommended: true })));
	const large = cluster(1_000, 2_000);
	const placed = await timed(async () => {
		const candidates = candidatesOf({ ...large, presence: () => 'online', except: null });
		const need = { memoryBytes: GIB, diskBytes: GIB, driver: 'process' };
		const [best] = rankHosts(need, candidates, { pinned: null, avoid: [], instance: 'new' });
		if (candidates.length < 1_000 || !best || best.score === null) throw new Error('nothing was placed');
	});
	return [figure('N7 plan, 200 apps, 50 hosts', planned, 5), figure('N7 placement, 1,000 hosts, 2,000 instances', placed, 20)];
}

function figure(name: string, times: number[], goalMs: number): Figure {
	const median = quantile(times, 0.5);
	return { name, ours: median, unit: 'ms', goal: `< ${goalMs} ms`, met: median < goalMs };
}

async function timed(work: () => Promise<void>, rounds = ROUNDS): Promise<number[]> {
	const times: number[] = [];
	for (let round = 0; round < WARM + rounds; round++) {
		const begin = performance.now();
		await work();
		if (round >= WARM) times.push(performance.now() - begin);
	}
	return times;
}

/** App 0 requires app 1, and that one app 2; every third offers what every fourth can use. */
async function withCatalog<T>(count: number, work: (folder: string) => Promise<T>): Promise<T> {
	const folder = mkdtempSync(join(tmpdir(), 'covey-bench-catalog-'));
	try {
		for (let number = 0; number < count; number++) writeFileSync(join(folder, `app-${number}.yaml`), entry(number));
		return await work(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

const entry = (number: number): string => `schema: 1
name: app-${number}
title: App ${number}
summary: Only for measuring.
category: test
license: MIT
resources:
  memory: { min: 128M }
  disk: { min: 512M }
ports:
  - { name: web, default: ${8_000 + number}, web: / }
volumes:
  - name: data
${number % 3 === 0 ? 'provides: [shelf]\n' : ''}${integrationsOf(number)}health:
  check: { type: http, port: web, path: / }
process:
  type: npm
  package: app-${number}
  version: 1.0.0
  command: ["\${node}", "\${package}/index.js"]
`;

function integrationsOf(number: number): string {
	const own: string[] = [];
	if (number < 2) own.push(`  - { name: next, words: a next app, required: true, apps: [app-${number + 1}] }`);
	if (number % 4 === 0) own.push('  - { name: shelf, words: a shelf, many: true, capability: shelf }');
	return own.length > 0 ? `integrations:\n${own.join('\n')}\n` : '';
}

/** Documents and records as the store has them. Apps 0 to 2 are not installed. */
function cluster(hosts: number, instances: number): { facts: HostFacts[]; plans: HostPlan[]; records: ActorRecord[] } {
	const plans = Array.from(
		{ length: hosts },
		(_, number): HostPlan => ({ schema: 1, host: `host-${number}`, revision: 9, apps: {} }),
	);
	const records = Array.from({ length: instances }, (_, number) => {
		const { host, apps } = plans[number % hosts] as HostPlan;
		const instance = `instance-${number}`;
		apps[instance] = plannedApp(instance, number);
		return recordOf(instance, host, number);
	});
	return { facts: plans.map(({ host }, number) => factsOf(host, number)), plans, records };
}

const plannedApp = (instance: string, number: number): HostPlan['apps'][string] => ({
	instance,
	app: `app-${3 + (number % 190)}`,
	desired: 'running',
	source: { type: 'npm', package: 'some', version: '1.0.0' },
	command: ['run'],
	env: {},
	ports: [{ name: 'web', port: 20_000 + (number % 900), protocol: 'tcp', bind: '127.0.0.1' }],
	volumes: [{ name: 'data', folders: [] }],
	health: null,
	stopTimeoutMs: 10_000,
	memoryBytes: GIB / 8,
	diskBytes: GIB / 2,
});

function recordOf(instance: string, host: string, number: number): ActorRecord {
	const data = sampleInstallData(`app-${3 + (number % 190)}`, host, { generation: 1 });
	return sampleRecord(instance, { view: { phase: 'running', words: '', can: {}, since: 0, data } });
}

const factsOf = (host: string, number: number): HostFacts => ({
	schema: 1,
	host,
	incarnation: 1,
	at: 1_000_000,
	startedAt: 0,
	version: '1.0.0',
	http: `http://10.0.${number >> 8}.${number & 255}:7780`,
	nats: 'nats://10.0.0.1:4222',
	voter: number < 3,
	pid: 1,
	natsPid: 2,
	os: { name: 'Debian', version: '12', kernel: '6.1', arch: 'x64', bootedAt: 0 },
	cpu: { model: 'some', cores: 4, percent: number % 100, load: [0.5, 0.5, 0.5] },
	memory: { total: 32 * GIB, available: (4 + (number % 24)) * GIB, swapTotal: 0, swapUsed: 0 },
	disks: [{ mount: '/', type: 'ext4', total: 500 * GIB, available: (50 + (number % 400)) * GIB, data: true }],
	network: [{ name: 'eth0', address: '10.0.0.1' }],
	temperatures: [],
	devices: [],
	labels: {},
	uptimeShare: 1,
	rss: 80 * 2 ** 20,
	drivers: ['process'],
	machines: ['install@1'],
	cordoned: false,
	witness: false,
	copyAt: null,
});
