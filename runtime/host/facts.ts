// What this machine is and how it does. Fixed parts once, disks and temperatures once a minute (they start programs),
// the rest from the kernel's own files.
import { readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, loadavg, networkInterfaces, totalmem, uptime } from 'node:os';
import si from 'systeminformation';
import type { HostFacts } from '../../machines/host/contract.ts';

export type MachineFacts = Pick<HostFacts, 'os' | 'cpu' | 'memory' | 'disks' | 'network' | 'temperatures' | 'devices' | 'rss'>;

export interface FactsMeter {
	/** Rates are since the call before. Never rejects for a part the machine does not tell. */
	measure(): Promise<MachineFacts>;
}

const SLOW_EVERY_MS = 60_000;
const FILE_SYSTEMS = new Set(['ext4', 'ext3', 'xfs', 'btrfs', 'zfs', 'f2fs', 'overlay', 'tmpfs', 'apfs']);

/** `dataDir` marks the disk with Covey's data. */
export function createFacts(dataDir: string): FactsMeter {
	let fixed: { os: HostFacts['os']; model: string; devices: string[] } | null = null;
	let slow: { at: number; disks: HostFacts['disks']; temperatures: HostFacts['temperatures'] } | null = null;
	let lastCpu = cpuTimes();
	let lastNet = new Map<string, { rx: number; tx: number; at: number }>();

	return {
		async measure() {
			fixed ??= await fixedParts();
			if (!slow || performance.now() - slow.at > SLOW_EVERY_MS)
				slow = { at: performance.now(), disks: await disksOf(dataDir), temperatures: await temperaturesOf() };
			const nowCpu = cpuTimes();
			const percent = busyShare(lastCpu, nowCpu);
			lastCpu = nowCpu;
			const network = await networkOf(lastNet);
			lastNet = network.seen;
			const [one = 0, five = 0, fifteen = 0] = loadavg();
			return {
				os: fixed.os,
				cpu: { model: fixed.model, cores: cpus().length, percent, load: [one, five, fifteen] },
				memory: await memoryOf(),
				disks: await freshDataDisk(slow.disks, dataDir),
				network: network.rows,
				temperatures: slow.temperatures,
				devices: fixed.devices,
				rss: process.memoryUsage.rss(),
			};
		},
	};
}

async function fixedParts() {
	const [system, graphics] = await Promise.all([si.osInfo(), si.graphics().catch(() => ({ controllers: [] }))]);
	return {
		os: {
			name: system.distro || system.platform,
			version: system.release,
			kernel: system.kernel,
			arch: system.arch,
			bootedAt: Date.now() - Math.round(uptime() * 1000),
		},
		model: cpus()[0]?.model.trim() ?? 'unknown',
		devices: graphics.controllers.map(({ vendor, model }) => `${vendor} ${model}`.trim()).filter((name) => name !== ''),
	};
}

interface CpuTimes {
	busy: number;
	all: number;
}

function cpuTimes(): CpuTimes {
	let busy = 0;
	let all = 0;
	for (const { times } of cpus()) {
		const total = times.user + times.nice + times.sys + times.irq + times.idle;
		all += total;
		busy += total - times.idle;
	}
	return { busy, all };
}

function busyShare(before: CpuTimes, now: CpuTimes): number {
	const all = now.all - before.all;
	return all <= 0 ? 0 : Math.round(((now.busy - before.busy) / all) * 1000) / 10;
}

/** The kernel's own estimate of what can be had, not what is merely unused. */
async function memoryOf(): Promise<HostFacts['memory']> {
	const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
	const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN) * 1024;
	const swapTotal = kib('SwapTotal') || 0;
	return {
		total: totalmem(),
		available: kib('MemAvailable') || freemem(),
		swapTotal,
		swapUsed: swapTotal - (kib('SwapFree') || 0),
	};
}

async function disksOf(dataDir: string): Promise<HostFacts['disks']> {
	const all = await si.fsSize().catch(() => []);
	const rows = all
		.filter(({ type, size }) => FILE_SYSTEMS.has(type) && size > 0)
		.map(({ mount, type, size, available }) => ({ mount, type, total: size, available, data: false }));
	const home = rows
		.filter(({ mount }) => dataDir === mount || dataDir.startsWith(mount.endsWith('/') ? mount : `${mount}/`))
		.sort((a, b) => b.mount.length - a.mount.length)[0];
	if (home) home.data = true;
	else rows.unshift({ mount: dataDir, type: 'unknown', total: 0, available: 0, data: true });
	return rows;
}

async function freshDataDisk(disks: HostFacts['disks'], dataDir: string): Promise<HostFacts['disks']> {
	const space = await statfs(dataDir).catch(() => null);
	if (!space) return disks;
	return disks.map((disk) =>
		disk.data ? { ...disk, total: space.blocks * space.bsize, available: space.bavail * space.bsize } : disk,
	);
}

async function temperaturesOf(): Promise<HostFacts['temperatures']> {
	const { main } = await si.cpuTemperature().catch(() => ({ main: null }));
	return typeof main === 'number' && main > 0 ? [{ name: 'cpu', celsius: Math.round(main) }] : [];
}

async function networkOf(before: Map<string, { rx: number; tx: number; at: number }>) {
	const text = await readFile('/proc/net/dev', 'utf8').catch(() => '');
	const at = performance.now();
	const seen = new Map<string, { rx: number; tx: number; at: number }>();
	const rows: HostFacts['network'] = [];
	const addresses = addressesOf();
	for (const line of text.split('\n')) {
		const [, name = '', numbers = ''] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
		if (name === '' || name === 'lo') continue;
		const fields = numbers.split(/\s+/).map(Number);
		const now = { rx: fields[0] ?? 0, tx: fields[8] ?? 0, at };
		seen.set(name, now);
		const last = before.get(name);
		const seconds = last ? (at - last.at) / 1000 : 0;
		const rates =
			last && seconds > 0
				? {
						rxPerSec: Math.max(0, Math.round((now.rx - last.rx) / seconds)),
						txPerSec: Math.max(0, Math.round((now.tx - last.tx) / seconds)),
					}
				: {};
		rows.push({ name, address: addresses.get(name) ?? '', ...rates });
	}
	return { rows, seen };
}

function addressesOf(): Map<string, string> {
	return new Map(
		Object.entries(networkInterfaces()).map(([name, list]) => [
			name,
			list?.find(({ family }) => family === 'IPv4')?.address ?? '',
		]),
	);
}
