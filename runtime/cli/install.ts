// covey install APP

import type { CreateInstall } from '../api/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { actorRef } from './actor-name.ts';
import type { Client } from './client.ts';
import { follow } from './follow.ts';
import type { Session } from './session.ts';

export interface InstallOptions {
	name?: string;
	host?: string;
	port?: string[];
	wait?: boolean;
}

export async function install(session: Session, app: string, options: InstallOptions): Promise<number> {
	const ref = actorRef(options.name ?? app);
	return session.withClient(async (client) => {
		const request: Omit<CreateInstall, 'cmdId'> = { app };
		if (options.name !== undefined) request.name = options.name;
		if (options.host !== undefined) request.host = options.host;
		if (options.port && options.port.length > 0) request.ports = await portsOf(client, app, options.port);
		if (options.wait) return follow(session, client, ref, ['running'], () => client.create('install', request));
		const reply = await client.create('install', request);
		session.show(
			{ instance: ref.id, phase: reply.phase, seq: reply.seq },
			() => `${ref.id} is ${reply.phase}; this is durable. Follow it with: covey show ${ref.id}`,
		);
		return 0;
	});
}

/** `web=8080`, or `8080` for the app's first port. */
async function portsOf(client: Client, app: string, wishes: string[]): Promise<Record<string, number>> {
	const ports: Record<string, number> = {};
	for (const wish of wishes) {
		const [, name, digits] = /^(?:([a-z0-9-]+)=)?(\d{1,5})$/.exec(wish) ?? [];
		if (digits === undefined) throw new CoveyError('USAGE', `--port takes PORT or NAME=PORT, not "${wish}".`);
		ports[name ?? (await firstPort(client, app))] = Number(digits);
	}
	return ports;
}

async function firstPort(client: Client, app: string): Promise<string> {
	const { apps } = await client.ask('catalog', {});
	const [first] = apps.find(({ name }) => name === app)?.ports ?? [];
	if (first) return first.name;
	throw new CoveyError('USAGE', `${app} has no port to choose.`);
}
