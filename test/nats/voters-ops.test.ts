import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { documentStream, ensureBuckets, streamsToCopy, TIMELINE, wantedBuckets } from '../../nats/buckets.ts';
import type { Voter } from '../../nats/config.ts';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { removeVoter, votingGroup, waitVoting } from '../../nats/meta-group.ts';
import { type NatsServer, startNatsServer } from '../../nats/server.ts';
import { saveLostStore } from '../../nats/stand-ins.ts';
import { natsStore } from '../../nats/store.ts';
import { standingOf } from '../../nats/stream-standing.ts';
import { dataStanding, emptyVoter, setReplicas, waitWithout } from '../../nats/voters-ops.ts';
import { waitUntil } from '../../nats/wait.ts';
import { freePorts } from '../helpers/free-ports.ts';
import { planCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Growing {
	/** Each server's folder is in here. */
	folder: string;
	servers: NatsServer[];
	nc: NatsConnection;
	/** Starts the next voter with routes to those that run. */
	grow(): Promise<NatsServer>;
	sys(): Promise<NatsConnection>;
}

const at = (server: NatsServer) => ({ name: server.name, monitorPort: server.topology.monitorPort });
const yes = async () => true;

async function lone(): Promise<Growing> {
	const { path: folder } = await temporaryFolder();
	cleanUps.push(() => rm(folder, { recursive: true, force: true }));
	const plans = (await planCluster(4)) as Voter[];
	const servers: NatsServer[] = [];
	const grow = async () => {
		const plan = plans[servers.length] as Voter;
		const routes = plans.slice(0, servers.length + 1).map(({ clusterPort }) => `127.0.0.1:${clusterPort}`);
		const server = await startNatsServer({ topology: { ...plan, routes }, folder: join(folder, plan.name) });
		cleanUps.push(() => server.stop());
		servers.push(server);
		const own = () => connectNats({ servers: [server.url], name: 'sys', user: 'sys', pass: server.secrets.sys });
		await waitVoting(own, at(server));
		return server;
	};
	const first = await grow();
	const nc = await connectNats({ servers: [first.url], name: 'test' });
	cleanUps.push(() => nc.close());
	await ensureBuckets(nc, 1);
	const sys = () => connectNats({ servers: [first.url], name: 'sys', user: 'sys', pass: first.secrets.sys });
	return { folder, servers, nc, grow, sys };
}

const serversOf = async (nc: NatsConnection, name: string): Promise<string[]> => {
	const standing = await standingOf(nc, name);
	return 'offline' in standing ? [] : standing.servers;
};

test('one voter becomes three and one again: replicas follow, records keep their revisions, nothing is done twice', async () => {
	const { servers, nc, grow, sys } = await lone();
	const store = natsStore(nc, { readDeadlineMs: 20_000 });
	const before = await store.put(sampleRecord('kept'), 0);
	await grow();
	await grow();
	const [, birch, cedar] = servers as [NatsServer, NatsServer, NatsServer];
	const votes = async () => {
		const nc = await sys();
		return votingGroup(nc).finally(() => nc.close());
	};
	expect((await votes())?.voters).toEqual(['alder-1', 'birch-1', 'cedar-1']);

	await setReplicas(nc, 3, null);
	await setReplicas(nc, 3, null);
	expect(await dataStanding(nc)).toMatchObject({ lowest: 3, highest: 3, settled: true, timeline: { copies: 3, wanted: 3 } });

	for (const gone of [cedar, birch]) {
		await emptyVoter(nc, gone.name, 'alder');
		if (gone === birch) {
			await setReplicas(nc, 1, 'alder-1');
			expect(Object.keys((await dataStanding(nc)).held)).toEqual(['alder-1']);
		}
		await removeVoter(sys, gone.name);
		await removeVoter(sys, gone.name);
		expect(await waitWithout(nc, gone.name, yes)).toEqual([]);
		await gone.stop();
	}
	expect(await votes()).toEqual({ leader: 'alder-1', voters: ['alder-1'], away: [] });
	const found = await store.read({ kind: 'install', id: 'kept' });
	expect({ status: 'committed', revision: found?.revision }).toEqual(before);
	expect((await store.put(sampleRecord('kept', { seq: 2 }), found?.revision ?? 0)).status).toBe('committed');
}, 180_000);

test('a voter that has just become one can be gone on from alone: its store gives back every stream, the seldom written ones too', async () => {
	const { folder, servers, nc, grow } = await lone();
	await natsDocuments(nc).put('config', 'cluster', { name: 'home' }, 0);
	await natsStore(nc).put(sampleRecord('kept'), 0);
	await grow();
	await grow();
	await setReplicas(nc, 3, null);
	for (const server of servers) process.kill(server.pid as number, 'SIGKILL');
	await Promise.all(servers.map((server) => server.stop()));
	const [self, ...lost] = servers.map(({ topology }) => topology as Voter).reverse() as [Voter, ...Voter[]];
	const { path: scratch } = await temporaryFolder();
	cleanUps.push(() => rm(scratch, { recursive: true, force: true }));
	const streams = streamsToCopy({ authority: true, timeline: true });
	const ports = async () => {
		const [port = 0, monitorPort = 0, clusterPort = 0, leafPort = 0] = await freePorts(4);
		return { port, monitorPort, clusterPort, leafPort };
	};
	const { files, held } = await saveLostStore({
		...{ store: join(folder, self.name.replace(/-1$/, ''), 'store'), self, lost, cluster: self.cluster, address: self.address },
		...{ ports, trust: null, scratch: join(scratch, 'scratch'), folder: join(scratch, 'files'), streams },
	});
	expect(files.map(({ stream }) => stream).sort()).toEqual(streams.filter((stream) => held.includes(stream)).sort());
	expect(held).toEqual(expect.arrayContaining([documentStream('config'), documentStream('secrets'), TIMELINE]));
}, 180_000);

test('what a live voter leads or holds alone is moved before it goes; what a dead one held alone is made anew', async () => {
	const { servers, nc, grow, sys } = await lone();
	await natsStore(nc, { readDeadlineMs: 20_000 }).put(sampleRecord('kept'), 0);
	for (let voters = 1; voters < 4; voters++) await grow();
	const [, birch, , dogwood] = servers as [NatsServer, NatsServer, NatsServer, NatsServer];
	await setReplicas(nc, 3, null);
	// As a Covey before this one left it.
	await reduceTimeline(nc);
	expect(await dataStanding(nc)).toMatchObject({ lowest: 3, timeline: { copies: 1, wanted: 1 } });
	const holder = (await serversOf(nc, TIMELINE))[0] as string;
	const other = holder === 'birch-1' ? dogwood : birch;
	await emptyVoter(nc, holder, other.topology.name);
	expect(await serversOf(nc, TIMELINE)).toEqual([other.name]);

	await other.stop();
	await removeVoter(sys, other.name);
	expect(await waitWithout(nc, other.name, yes)).toEqual([TIMELINE]);
	// The servers that are left have taken over its share of the buckets, and the timeline begins with what the bucket knows.
	expect(await dataStanding(nc)).toMatchObject({ lowest: 3, settled: true });
	expect((await dataStanding(nc)).held[other.name]).toBeUndefined();
	expect(
		await waitUntil(async () => {
			const info = (await nc.request(`$JS.covey.API.STREAM.INFO.${TIMELINE}`, '')).json<{ state?: { messages: number } }>();
			return info.state?.messages === 1;
		}, 20_000),
	).toBe(true);
	for (const { name } of wantedBuckets(3)) expect(await serversOf(nc, name)).toHaveLength(3);
	await setReplicas(nc, 3, null);
	expect(await dataStanding(nc)).toMatchObject({ timeline: { copies: 3, wanted: 3 } });
}, 180_000);

async function reduceTimeline(nc: NatsConnection): Promise<void> {
	const { config } = (await nc.request(`$JS.covey.API.STREAM.INFO.${TIMELINE}`, '')).json<{ config: object }>();
	await nc.request(`$JS.covey.API.STREAM.UPDATE.${TIMELINE}`, JSON.stringify({ ...config, num_replicas: 1 }));
	expect(await waitUntil(async () => (await serversOf(nc, TIMELINE)).length === 1, 20_000)).toBe(true);
}
