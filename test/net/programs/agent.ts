// Somebody who sits on a host: in its network namespace, where the test itself is not. One request a line on stdin, one answer a line.
import { createInterface } from 'node:readline';
import { type NatsClient, openNatsClient } from '../../../nats/client.ts';
import { ledStreams } from '../../../nats/monitor.ts';
import { toWire } from '../../../runtime/engine/errors.ts';
import { gather, identityIn } from '../../cluster/findings.ts';
import type { AgentAnswer, AgentRequest } from '../agent.ts';

let opened: NatsClient | null = null;

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(JSON.parse(line) as AgentRequest & { id: number }));
lines.on('close', () => process.exit(0));

async function answer({ id, ...request }: AgentRequest & { id: number }): Promise<void> {
	const say = (said: AgentAnswer) => process.stdout.write(`${JSON.stringify({ id, ...said })}\n`);
	try {
		say({ ok: true, data: await perform(request as AgentRequest) });
	} catch (thrown) {
		say({ ok: false, error: toWire(thrown) });
	}
}

async function perform(request: AgentRequest): Promise<unknown> {
	switch (request.type) {
		case 'open':
			opened = await openNatsClient([request.server], 'net', identityIn(request.data));
			return null;
		case 'ask':
			return client().ask(request.question, request.input);
		case 'staleSince':
			return client().staleSince();
		case 'create':
			return client().create('install', request.request);
		case 'command':
			return client().command({ kind: 'install', id: request.instance }, request.command);
		case 'ledStreams':
			return (await ledStreams(request.monitorPort, request.leader)) ?? [];
		case 'fetch': {
			const { url, body } = request;
			const response = await fetch(url, {
				...(body === undefined ? {} : { method: 'POST', body }),
				signal: AbortSignal.timeout(5_000),
			});
			return { ok: response.ok, text: await response.text() };
		}
		case 'gather': {
			const { planted, hosts, ...left } = request.left;
			const findings = await gather({ ...left, planted: new Map(planted), hosts: new Map(hosts) });
			return { ...findings, histories: [...findings.histories] };
		}
	}
}

function client(): NatsClient {
	if (!opened) throw new Error('ask it to open its connection first');
	return opened;
}
