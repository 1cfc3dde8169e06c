// A port somebody else listens on is found before the app is started, and named with a free one.
import { setTimeout as pause } from 'node:timers/promises';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { freePort, type PortQuestion, portIsFree } from '../ports.ts';
import type { Unit } from './unit.ts';

/** A program that has just ended gives its port back a moment later: its other threads are still on their way out. */
const GRACE_MS = 2_000;
const LOOK_EVERY_MS = 50;

/** Rejects with PORT_IN_USE; `details.free` is the proposal or null. */
export async function refuseBusyPorts({ app }: Unit): Promise<void> {
	for (const { name, port, bind, protocol } of app.ports) {
		if (await isSoonFree({ port, bind, protocol })) continue;
		const free = await freePort(
			port + 1,
			{ from: port + 1, to: Math.min(port + 200, 65_535) },
			{ bind, protocol, taken: new Set(app.ports.map((each) => each.port)) },
		);
		const proposal = free === null ? '' : ` Port ${free} is free.`;
		throw new CoveyError(
			'PORT_IN_USE',
			`${app.instance} needs ${protocol} port ${port} (${name}), and another program uses it.${proposal}`,
			{
				details: { instance: app.instance, port, free },
			},
		);
	}
}

async function isSoonFree(question: PortQuestion): Promise<boolean> {
	for (const deadline = performance.now() + GRACE_MS; performance.now() < deadline; await pause(LOOK_EVERY_MS))
		if (await portIsFree(question)) return true;
	return false;
}
