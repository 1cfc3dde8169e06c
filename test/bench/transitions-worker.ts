// One of three hosts of the transitions bench; without actors a mere client, which hears of no record. Told over its channel what to do; answers with how often it did it, and its processor time (µs).
import { headers } from '@nats-io/transport-node';
import { natsBus } from '../../nats/bus.ts';
import { type ClientIdentity, connectNats } from '../../nats/connect.ts';
import { createService } from '../../nats/service.ts';
import { natsStore } from '../../nats/store.ts';
import { createEngine } from '../../runtime/engine/engine.ts';
import type { Jobs, Peers } from '../../runtime/engine/ports.ts';
import { realClock } from '../../runtime/host/real-clock.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { countKind } from './count-kind.ts';

const [url = '', host = '', actors = '0', identity = 'null'] = process.argv.slice(2);
const count = Number(actors);
const nc = await connectNats({ servers: [url], name: host, identity: JSON.parse(identity) as ClientIdentity | null });
const noJobs: Jobs = { order: async () => ({ status: 'running' }), retire: async () => {}, onCompletion: () => () => {} };
const alone: Peers = {
	alive: () => [{ host, incarnation: 1, machines: ['count@1'], adopting: true }],
	isDead: () => false,
	settled: () => true,
	onChange: () => () => {},
};
const engine = createEngine({
	host,
	incarnation: 1,
	clock: realClock,
	store: natsStore(nc),
	bus: natsBus(createService(nc, { name: 'bench', id: host, version: '1.0.0', description: 'bench' })),
	jobs: noJobs,
	peers: alone,
	rng: Math.random,
	kinds: [countKind],
	observe: () => {},
});
if (count > 0) await engine.start();
for (let i = 0; i < count; i++) await engine.create('count', `${host}-${i}`, {}, { cmdId: `make-${host}-${i}`, by: 'bench' });

/** As many bytes as a record of the counting actor. */
const RAW = JSON.stringify(sampleRecord('raw', {}, 420));
const revisions = new Map<string, number>();

async function transition(index: number): Promise<void> {
	const reply = await engine.tell({ kind: 'count', id: `${host}-${index}` }, { type: 'count.up' }, 'bench');
	if (!reply.ok) throw new Error(reply.error.message);
}

async function rawPut(index: number): Promise<void> {
	const subject = `$KV.covey_actors.raw.${host}-${index}`;
	const head = headers();
	head.set('Nats-Expected-Last-Subject-Sequence', String(revisions.get(subject) ?? 0));
	const answer = (await nc.request(subject, RAW, { timeout: 10_000, headers: head })).json() as {
		seq?: number;
		error?: unknown;
	};
	if (answer.seq === undefined) throw new Error(JSON.stringify(answer.error));
	revisions.set(subject, answer.seq);
}

process.on('message', async (order: { do: 'transition' | 'raw'; flights: number; ms: number }) => {
	const one = order.do === 'raw' ? rawPut : transition;
	const end = performance.now() + order.ms;
	const before = process.cpuUsage();
	let made = 0;
	await Promise.all(
		Array.from({ length: order.flights }, async (_, index) => {
			for (; performance.now() < end; made++) await one(index);
		}),
	);
	const { user, system } = process.cpuUsage(before);
	process.send?.({ made, cpu: user + system });
});
process.send?.({ ready: true });
