// What this machine is and how it does: on Linux from the kernel's own files, which costs about 2 ms; what only the library
// systeminformation knows comes from a child process, once on Linux and once a minute elsewhere.
import { arch, cpus, freemem, loadavg, networkInterfaces, release, totalmem, type, uptime } from 'node:os';
import type { HostFacts } from '../../machines/host/contract.ts';
import { type Probe, probeMachine } from './fact-probe.ts';
import {
	type CpuTicks,
	type NetworkCounters,
	readCpuTicks,
	readDisks,
	readMemory,
	readNetwork,
	readOs,
	readTemperatures,
} from './kernel-facts.ts';

export type MachineFacts = Pick<HostFacts, 'os' | 'cpu' | 'memory' | 'disks' | 'network' | 'temperatures' | 'devices' | 'rss'>;

export interface FactsMeter {
	/** Rates are since the call before. Never rejects for a part the machine does not tell. */
	measure(): Promise<MachineFacts>;
}

interface Sample {
	/** Monotonic, ms. */
	at: number;
	cpu: CpuTicks;
	network: NetworkCounters;
}

const SLOW_EVERY_MS = 60_000;
const onLinux = process.platform === 'linux';

/** `dataDir` marks the disk with Covey's data. On Linux the devices are known a few seconds after the first call. */
export function createFacts(dataDir: string): FactsMeter {
	const model = cpus()[0]?.model.trim() || 'unknown';
	const machine = onLinux ? linuxMachine(dataDir) : otherMachine(dataDir);
	let last: Sample | null = null;

	return {
		async measure() {
			const { os, memory, devices, disks, temperatures, cpu, network } = await machine();
			const now: Sample = { at: performance.now(), cpu, network };
			const before = last;
			last = now;
			const [one = 0, five = 0, fifteen = 0] = loadavg();
			return {
				os: { ...os, bootedAt: Date.now() - Math.round(uptime() * 1000) },
				cpu: { model, cores: cpus().length, percent: before ? busyPercent(before.cpu, now.cpu) : 0, load: [one, five, fifteen] },
				memory,
				disks,
				network: networkRows(before, now),
				temperatures,
				devices,
				rss: process.memoryUsage.rss(),
			};
		},
	};
}

interface Reading extends Pick<HostFacts, 'memory' | 'devices' | 'disks' | 'temperatures'> {
	os: Probe['os'];
	cpu: CpuTicks;
	network: NetworkCounters;
}

/** Graphics cards have their names from the library only; nobody waits for them, and the start of a host has other work. */
function linuxMachine(dataDir: string): () => Promise<Reading> {
	let devices: string[] = [];
	let calls = 0;
	return async () => {
		calls++;
		if (calls === 2)
			void probeOrDefaults().then((probe) => {
				devices = probe.devices;
			});
		return {
			os: await readOs(),
			memory: await readMemory(),
			devices,
			disks: await readDisks(dataDir),
			temperatures: await readTemperatures(),
			cpu: await readCpuTicks(),
			network: await readNetwork(),
		};
	};
}

function otherMachine(dataDir: string): () => Promise<Reading> {
	let probe = probeOrDefaults();
	let probedAt = performance.now();
	return async () => {
		if (performance.now() - probedAt > SLOW_EVERY_MS) {
			probedAt = performance.now();
			probe = probeOrDefaults();
		}
		const { os, devices, disks, temperatures } = await probe;
		const memory = { total: totalmem(), available: freemem(), swapTotal: 0, swapUsed: 0 };
		return { os, memory, devices, disks: markData(disks, dataDir), temperatures, cpu: cpuTicks(), network: new Map() };
	};
}

/** Share of the processors' time between two readings, 0-100, one decimal. */
export function busyPercent(before: CpuTicks, now: CpuTicks): number {
	const all = now.all - before.all;
	return all <= 0 ? 0 : Math.max(0, Math.round(((now.busy - before.busy) / all) * 1000) / 10);
}

export function networkRows(
	before: Pick<Sample, 'at' | 'network'> | null,
	now: Pick<Sample, 'at' | 'network'>,
): HostFacts['network'] {
	const addresses = networkInterfaces();
	return [...now.network].map(([name, { rx, tx }]) => {
		const address = addresses[name]?.find(({ family }) => family === 'IPv4')?.address ?? '';
		const was = before?.network.get(name);
		const seconds = before ? (now.at - before.at) / 1000 : 0;
		if (!was || seconds <= 0) return { name, address };
		// A counter that went back belongs to an interface made anew.
		const rate = (to: number, from: number) => Math.max(0, Math.round((to - from) / seconds));
		return { name, address, rxPerSec: rate(rx, was.rx), txPerSec: rate(tx, was.tx) };
	});
}

/** Never rejects: a machine that cannot be probed is described by what Node knows. */
function probeOrDefaults(): Promise<Probe> {
	return probeMachine().catch(() => ({
		os: { name: type(), version: '', kernel: release(), arch: arch() },
		devices: [],
		disks: [],
		temperatures: [],
	}));
}

function cpuTicks(): CpuTicks {
	const times = cpus().map((cpu) => cpu.times);
	const idle = times.reduce((sum, time) => sum + time.idle, 0);
	const busy = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
	return { busy, all: busy + idle };
}

function markData(disks: Probe['disks'], dataDir: string): HostFacts['disks'] {
	const holding = disks.filter(({ mount }) => dataDir === mount || dataDir.startsWith(mount.endsWith('/') ? mount : `${mount}/`));
	const home = holding.sort((a, b) => b.mount.length - a.mount.length)[0];
	return disks.map((disk) => ({ ...disk, data: disk === home }));
}
