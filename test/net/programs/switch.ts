// The wire between hosts: an Ethernet switch in user space, since a kernel may lack `tc netem`. Each port is the character device of a
// macvtap; what passes between two of them may be lost or late. Rules come as lines on stdin and are in force when the answer is written.
// Arguments: NAME=DEVICE for each port.
import { openSync, read, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { LinkRule } from '../wire.ts';

interface Port {
	name: string;
	fd: number;
}

/** Frames come with the 10 bytes of a virtio header, up to 64 KiB long, as the sender's kernel has not cut them yet. */
const HEADER = 10;
const LARGEST = 70_000;
const RETRY_MS = 50;

const ports: Port[] = process.argv.slice(2).map((argument) => {
	const [name = '', device = ''] = argument.split('=');
	return { name, fd: openSync(device, 'r+') };
});
const whereIs = new Map<string, Port>();
let rules = new Map<string, LinkRule>();

for (const port of ports) receive(port, Buffer.alloc(LARGEST));
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
	const told = JSON.parse(line) as { id: number; rules: LinkRule[] };
	rules = new Map(told.rules.map((rule) => [`${rule.from}>${rule.to}`, rule]));
	process.stdout.write(`${told.id}\n`);
});
// Whoever started it is gone.
lines.on('close', () => process.exit(0));

function receive(port: Port, buffer: Buffer): void {
	read(port.fd, buffer, 0, buffer.length, null, (error, length) => {
		// A port whose cable is out cannot be read for a while.
		if (error) return void setTimeout(() => receive(port, buffer), RETRY_MS);
		if (length > HEADER + 12) forward(port, buffer.subarray(0, length));
		receive(port, buffer);
	});
}

function forward(from: Port, frame: Buffer): void {
	const to = frame.toString('hex', HEADER, HEADER + 6);
	whereIs.set(frame.toString('hex', HEADER + 6, HEADER + 12), from);
	const known = whereIs.get(to);
	for (const port of known ? [known] : ports) if (port !== from) pass(from, port, frame);
}

function pass(from: Port, to: Port, frame: Buffer): void {
	const rule = rules.get(`${from.name}>${to.name}`);
	if (rule && Math.random() < rule.loss) return;
	if (!rule?.delayMs) return send(to, frame);
	const kept = Buffer.from(frame);
	setTimeout(() => send(to, kept), rule.delayMs);
}

function send({ fd }: Port, frame: Buffer): void {
	try {
		writeSync(fd, frame);
	} catch {
		// The cable is out: the frame is lost, as on a real wire.
	}
}
