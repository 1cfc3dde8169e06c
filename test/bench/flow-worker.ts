// One host of the workflow bench, with the product's engine, bus, store and jobs; only its kind of actor is another one.
import { join } from 'node:path';
import { z } from 'zod';
import { natsBus } from '../../nats/bus.ts';
import { connectNats, parseJson } from '../../nats/connect.ts';
import { natsJobs, pushCompletion, serveJobs } from '../../nats/jobs.ts';
import { createService } from '../../nats/service.ts';
import { natsStore } from '../../nats/store.ts';
import { createSubject } from '../../nats/subjects.ts';
import { createEngine } from '../../runtime/engine/engine.ts';
import type { Peers } from '../../runtime/engine/ports.ts';
import { createJobHost } from '../../runtime/host/jobs.ts';
import { claimOf } from '../../runtime/host/live-job.ts';
import { realClock } from '../../runtime/host/real-clock.ts';
import { openSqliteJournal } from '../../runtime/host/sqlite-journal.ts';
import { addOne, flowKind } from './flow-kind.ts';

const Ask = z.object({ cmdId: z.string(), name: z.string() });

const [url = '', host = '', folder = ''] = process.argv.slice(2);
const nc = await connectNats({ servers: [url], name: host });
const store = natsStore(nc);
const service = createService(nc, { name: 'bench', id: host, version: '1.0.0', description: 'bench' });
const alone: Peers = {
	alive: () => [{ host, incarnation: 1, machines: ['flow@1'], adopting: true }],
	isDead: () => false,
	settled: () => true,
	onChange: () => () => {},
};
const jobs = createJobHost({
	host,
	clock: realClock,
	rng: Math.random,
	journal: openSqliteJournal(join(folder, 'jobs.db')),
	effects: new Map([[addOne.name, addOne]]),
	wanted: (order) => claimOf(store, order),
	push: ({ owner, completion }) => pushCompletion(nc, owner, completion),
	publishProgress: () => {},
	observe: () => {},
});
serveJobs(nc, host, {
	order: jobs.order,
	retire: async (actor, epoch, live, seq) => void (await jobs.retire(actor, epoch, live, seq)),
});
const engine = createEngine({
	host,
	incarnation: 1,
	clock: realClock,
	store,
	bus: natsBus(service),
	jobs: natsJobs(nc, host),
	peers: alone,
	rng: Math.random,
	kinds: [flowKind],
	observe: () => {},
});
await engine.start();
service.endpoint('create-flow', createSubject('flow'), 'bench', async (payload) => {
	const { cmdId, name } = Ask.parse(parseJson(payload));
	return engine.create('flow', name, {}, { cmdId, by: 'bench' });
});
process.send?.({ ready: true });
