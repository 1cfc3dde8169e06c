// What Linux tells in its own files: cheap enough for every few seconds. Each reader has a pure parser beside it.
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { arch, release } from 'node:os';
import { join } from 'node:path';
import type { HostFacts } from '../../machines/host/contract.ts';

/** Ticks since boot, of all processors. */
export interface CpuTicks {
	busy: number;
	all: number;
}
export type NetworkCounters = ReadonlyMap<string, { rx: number; tx: number }>;
export interface Mount {
	source: string;
	mount: string;
	type: string;
}

export const readCpuTicks = async (): Promise<CpuTicks> => parseStat(await text('/proc/stat'));
export const readNetwork = async (): Promise<NetworkCounters> => parseNetDev(await text('/proc/net/dev'));
export const readMemory = async (): Promise<HostFacts['memory']> => parseMeminfo(await text('/proc/meminfo'));

export const readOs = async (): Promise<Omit<HostFacts['os'], 'bootedAt'>> => ({
	...parseOsRelease((await text('/etc/os-release')) || (await text('/usr/lib/os-release'))),
	kernel: release(),
	arch: arch(),
});

/** Disks of this machine and the file system with `dataDir`. Network and pseudo file systems are left out: asking one may hang. */
export async function readDisks(dataDir: string): Promise<HostFacts['disks']> {
	const device = await deviceOf(dataDir);
	const disks: HostFacts['disks'] = [];
	const seen = new Set<string>();
	for (const { source, mount, type } of localMounts(parseMounts(await text('/proc/self/mounts')), dataDir)) {
		const space = await statfs(mount).catch(() => null);
		if (!space || space.blocks === 0 || seen.has(source)) continue;
		seen.add(source);
		const data = device !== null && device === (await deviceOf(mount));
		disks.push({ mount, type, total: space.blocks * space.bsize, available: space.bavail * space.bsize, data });
	}
	return disks;
}

/** Sensors of the machine, the hottest of each name. */
export async function readTemperatures(): Promise<HostFacts['temperatures']> {
	const hottest = new Map<string, number>();
	for (const { name, file } of [...(await hwmonSensors()), ...(await thermalZones())]) {
		const celsius = Math.round(Number(await text(file)) / 1000);
		if (celsius > 0 && celsius < 200) hottest.set(name, Math.max(celsius, hottest.get(name) ?? 0));
	}
	return [...hottest].map(([name, celsius]) => ({ name, celsius }));
}

export function parseOsRelease(content: string): { name: string; version: string } {
	const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(content)?.[1] ?? '';
	return { name: field('NAME') || 'Linux', version: field('VERSION_ID') };
}

export function parseStat(content: string): CpuTicks {
	const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = (
		/^cpu +(.*)$/m.exec(content)?.[1] ?? ''
	)
		.split(' ')
		.map(Number);
	const busy = user + nice + system + irq + softirq + steal;
	return { busy, all: busy + idle + iowait };
}

export function parseNetDev(content: string): NetworkCounters {
	const counters = new Map<string, { rx: number; tx: number }>();
	for (const [, name = '', numbers = ''] of content.matchAll(/^\s*([^:\s]+):\s*(\d.*)$/gm)) {
		const fields = numbers.split(/\s+/).map(Number);
		// The host's ends of container links only repeat what the bridge counts.
		if (name !== 'lo' && !name.startsWith('veth')) counters.set(name, { rx: fields[0] ?? 0, tx: fields[8] ?? 0 });
	}
	return counters;
}

/** `available` is the kernel's estimate of what can be had, not what is merely unused. */
export function parseMeminfo(content: string): HostFacts['memory'] {
	const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(content)?.[1] ?? 0) * 1024;
	const swapTotal = bytes('SwapTotal');
	return { total: bytes('MemTotal'), available: bytes('MemAvailable'), swapTotal, swapUsed: swapTotal - bytes('SwapFree') };
}

export function parseMounts(content: string): Mount[] {
	const plain = (field: string) =>
		field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
	return content
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => {
			const [source = '', mount = '', type = ''] = line.split(' ').map(plain);
			return { source, mount, type };
		});
}

const ON_DISK = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'bcachefs', 'jfs', 'vfat', 'exfat', 'ntfs3']);

/** The one with `dataDir` first, then by length: of several mounts of one disk the first is shown. */
export function localMounts(mounts: readonly Mount[], dataDir: string): Mount[] {
	const holds = ({ mount }: Mount) => dataDir === mount || dataDir.startsWith(mount.endsWith('/') ? mount : `${mount}/`);
	const shown = mounts.filter((mount) => ON_DISK.has(mount.type) || mount.mount === '/' || holds(mount));
	const home = shown
		.filter(holds)
		.reduce<Mount | null>((best, mount) => (best && best.mount.length > mount.mount.length ? best : mount), null);
	const rest = shown.filter((mount) => mount !== home && (ON_DISK.has(mount.type) || mount.mount === '/'));
	return [...(home ? [home] : []), ...rest.sort((a, b) => a.mount.length - b.mount.length)];
}

async function hwmonSensors(): Promise<{ name: string; file: string }[]> {
	const sensors: { name: string; file: string }[] = [];
	for (const chip of await names('/sys/class/hwmon')) {
		const folder = join('/sys/class/hwmon', chip);
		const name = (await text(join(folder, 'name'))).trim() || chip;
		for (const file of (await names(folder)).filter((entry) => /^temp\d+_input$/.test(entry)))
			sensors.push({ name, file: join(folder, file) });
	}
	return sensors;
}

async function thermalZones(): Promise<{ name: string; file: string }[]> {
	const zones = (await names('/sys/class/thermal')).filter((name) => name.startsWith('thermal_zone'));
	return Promise.all(
		zones.map(async (zone) => {
			const folder = join('/sys/class/thermal', zone);
			return { name: (await text(join(folder, 'type'))).trim() || zone, file: join(folder, 'temp') };
		}),
	);
}

/** Empty when the kernel has no such file: containers and other machines lack some. */
const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
const names = (path: string): Promise<string[]> => readdir(path).catch(() => []);
const deviceOf = (path: string): Promise<number | null> =>
	stat(path).then(
		({ dev }) => dev,
		() => null,
	);
