// Asks systeminformation, in a process of its own: the library starts programs and costs some 10 MB for good.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { HostFacts } from '../../machines/host/contract.ts';

const Probe = z.object({
	os: z.object({ name: z.string(), version: z.string(), kernel: z.string(), arch: z.string() }),
	devices: z.array(z.string()),
	disks: z.array(z.object({ mount: z.string(), type: z.string(), total: z.number(), available: z.number() })),
	temperatures: z.array(z.object({ name: z.string(), celsius: z.number() })),
});
export type Probe = z.infer<typeof Probe> & { disks: Omit<HostFacts['disks'][number], 'data'>[] };

/** Rejects when the probe does not end well within 20 s. */
export async function probeMachine(): Promise<Probe> {
	const options = { timeout: 20_000, killSignal: 'SIGKILL', windowsHide: true } as const;
	const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, 'probe'], options);
	return Probe.parse(JSON.parse(stdout));
}

async function probe(): Promise<Probe> {
	const { default: si } = await import('systeminformation');
	const none = { controllers: [] };
	const [system, graphics, disks, temperature] = await Promise.all([
		si.osInfo(),
		si.graphics().catch(() => none),
		si.fsSize().catch(() => []),
		si.cpuTemperature().catch(() => ({ main: null })),
	]);
	const { main } = temperature;
	return {
		os: { name: system.distro || system.platform, version: system.release, kernel: system.kernel, arch: system.arch },
		devices: [
			...devicePaths(),
			...graphics.controllers.map(({ vendor, model }) => `${vendor} ${model}`.trim()).filter((name) => name !== ''),
		],
		disks: disks.map(({ mount, type, size, available }) => ({ mount, type, total: size, available })),
		temperatures: typeof main === 'number' && main > 0 ? [{ name: 'cpu', celsius: Math.round(main) }] : [],
	};
}

/** Those that apps ask for by their path, such as a Zigbee stick or a graphics chip. */
function devicePaths(): string[] {
	const wanted = /^(dri|kvm|apex_\d+|ttyUSB\d+|ttyACM\d+|video\d+)$/;
	return existsSync('/dev')
		? readdirSync('/dev')
				.filter((name) => wanted.test(name))
				.sort()
				.map((name) => `/dev/${name}`)
		: [];
}

if (process.argv[1] === import.meta.filename && process.argv[2] === 'probe') process.stdout.write(JSON.stringify(await probe()));
