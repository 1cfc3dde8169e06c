// A network of its own for a cluster: a namespace for each host, all plugged into one switch in a namespace beside them. Nothing of the
// machine's network is touched. Names are `covey-<pid>-…`, so that what a crashed test left behind is known and swept away.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '../helpers/eventually.ts';
import { signalQuietly } from '../helpers/strays.ts';

/** What happens to frames from one host to another. `loss` 0-1, `delayMs` added to each. */
export interface LinkRule {
	from: string;
	to: string;
	loss: number;
	delayMs: number;
}

export interface Wire extends AsyncDisposable {
	hosts: readonly string[];
	addressOf(host: string): string;
	/** Command line that runs in the host's namespace what follows it. */
	within(host: string): string[];
	/** Replaces all rules at once: every link cut by it is cut in the same moment, and healed so. */
	set(rules: LinkRule[]): Promise<void>;
	/** The cable of one host, out or in: its interface loses its carrier. */
	plug(host: string, how: 'in' | 'out'): void;
}

/** Why it cannot be made here, or null. Needs root and iproute2. */
export function whyNoWire(): string | null {
	if (process.getuid?.() !== 0) return 'network namespaces need root';
	try {
		execFileSync('ip', ['-V'], { stdio: 'ignore' });
		return null;
	} catch {
		return 'the program `ip` (package iproute2) is missing';
	}
}

const SWITCH = fileURLToPath(new URL('programs/switch.ts', import.meta.url));
const NAMESPACES = '/run/netns';
let made = 0;

export async function layWire(hosts: readonly string[]): Promise<Wire> {
	sweep();
	const prefix = `covey-${process.pid}-${++made}`;
	const room = `${prefix}-switch`;
	ip('netns', 'add', room);
	const names = new Map(hosts.map((host) => [host, `${prefix}-${host}`]));
	const nameOf = (host: string) => names.get(host) ?? unknown(host);
	const addressOf = (host: string) => `10.77.0.${hosts.indexOf(host) + 1}`;
	const devices = await mkdtemp(join(tmpdir(), `${prefix}-`));
	const ports = hosts.map((host, index) => {
		addHost(room, nameOf(host), index, addressOf(host));
		return `${host}=${deviceOf(room, index, devices)}`;
	});
	const wire = await startSwitch(room, ports);
	return {
		hosts,
		addressOf,
		within: (host) => ['ip', 'netns', 'exec', nameOf(host)],
		set: wire.set,
		plug: (host, how) => ip('-n', room, 'link', 'set', portName(hosts.indexOf(host)), how === 'in' ? 'up' : 'down'),
		async [Symbol.asyncDispose]() {
			await wire.stop();
			await removeNamespaces(prefix);
			rmSync(devices, { recursive: true });
		},
	};
}

/** Ends what tests left behind that are not alive any more. */
function sweep(): void {
	for (const prefix of new Set(namespaces().flatMap((name) => name.match(/^covey-(\d+)-\d+/)?.slice(0, 1) ?? []))) {
		if (existsSync(`/proc/${prefix.split('-')[1]}`)) continue;
		for (const name of namespaces().filter((one) => one.startsWith(`${prefix}-`))) removeNamespace(name);
	}
}

async function removeNamespaces(prefix: string): Promise<void> {
	for (const name of namespaces().filter((one) => one.startsWith(`${prefix}-`))) {
		removeNamespace(name);
		await eventually(`${name} is gone`, () => !existsSync(`${NAMESPACES}/${name}`));
	}
}

function removeNamespace(name: string): void {
	for (const pid of ip('netns', 'pids', name).split('\n').filter(Boolean)) signalQuietly(Number(pid), 'SIGKILL');
	ip('netns', 'delete', name);
}

const namespaces = (): string[] => (existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : []);

const portName = (index: number): string => `port${index + 1}`;
const tapName = (index: number): string => `tap${index + 1}`;

function addHost(room: string, name: string, index: number, address: string): void {
	ip('netns', 'add', name);
	ip('-n', room, 'link', 'add', portName(index), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
	ip('-n', room, 'link', 'add', 'link', portName(index), 'name', tapName(index), 'type', 'macvtap', 'mode', 'passthru');
	for (const link of [portName(index), tapName(index)]) ip('-n', room, 'link', 'set', link, 'up');
	ip('-n', name, 'link', 'set', 'lo', 'up');
	ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
	ip('-n', name, 'link', 'set', 'eth0', 'up');
}

/** A node of our own: the system names them by a number that two networks may share. */
function deviceOf(room: string, index: number, folder: string): string {
	const link = `/sys/class/net/${tapName(index)}`;
	const inRoom = (...args: string[]) => execFileSync('ip', ['netns', 'exec', room, ...args], { encoding: 'utf8' }).trim();
	const tap = inRoom('ls', link)
		.split('\n')
		.find((name) => /^tap\d+$/.test(name));
	const [major = '', minor = ''] = inRoom('cat', `${link}/${tap}/dev`).split(':');
	const device = join(folder, tapName(index));
	execFileSync('mknod', ['-m', '600', device, 'c', major, minor]);
	return device;
}

async function startSwitch(room: string, ports: string[]): Promise<{ set: Wire['set']; stop(): Promise<void> }> {
	// One thread waits at each port.
	const env = { ...process.env, UV_THREADPOOL_SIZE: String(ports.length + 2) };
	const child = spawn('ip', ['netns', 'exec', room, process.execPath, SWITCH, ...ports], {
		env,
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const answers = new Map<number, () => void>();
	const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => answers.get(Number(line))?.());
	let last = 0;
	const set = (rules: LinkRule[]) => {
		const id = ++last;
		const inForce = new Promise<void>((resolve) => answers.set(id, resolve));
		child.stdin?.write(`${JSON.stringify({ id, rules })}\n`);
		return Promise.race([inForce, ended.then(() => Promise.reject(new Error('the switch ended')))]).finally(() =>
			answers.delete(id),
		);
	};
	await set([]);
	return { set, stop: () => stopSwitch(child, ended) };
}

async function stopSwitch(child: ChildProcess, ended: Promise<void>): Promise<void> {
	child.kill('SIGKILL');
	await ended;
}

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

function unknown(host: string): never {
	throw new Error(`no host ${host} on this wire`);
}
