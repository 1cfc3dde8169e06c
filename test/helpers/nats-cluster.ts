// Real nats-servers for tests: N voters (and leaves), each supervised as in the product.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopologyInput } from '../../nats/config.ts';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import { metaGroup } from '../../nats/monitor.ts';
import { type NatsServer, startNatsServer } from '../../nats/server.ts';
import { waitUntil } from '../../nats/wait.ts';
import { freePorts } from './free-ports.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { makeTestTrust, type TestTrust } from './test-trust.ts';

export interface TestCluster extends AsyncDisposable {
	/** Voters first, then leaves. */
	servers: NatsServer[];
	folder: string;
	topologies: TopologyInput[];
	/** A client of server `n`; closed with the cluster. */
	client(n: number): Promise<NatsConnection>;
	/** Starts server `n` again on its old folder. */
	restart(n: number): Promise<NatsServer>;
	/** Null for a plain cluster. */
	trust: TestTrust | null;
}

const names = ['alder', 'birch', 'cedar', 'dogwood', 'elm', 'fir'];

/** `secure`: TLS, pins and nkeys; its clients are then those of the hosts. */
export async function startNatsCluster(voters: number, leaves = 0, options: { secure?: boolean } = {}): Promise<TestCluster> {
	const { path: folder } = await temporaryFolder();
	const topologies = await planCluster(voters, leaves);
	const trust = options.secure ? await makeTestTrust(folder, topologies) : null;
	const clients: NatsConnection[] = [];
	const start = (n: number) => {
		const topology = topologies[n] as TopologyInput;
		return startNatsServer({
			topology,
			folder: join(folder, names[n] as string),
			trust: trust ? trust.ofServer(topology.name) : null,
		});
	};
	const servers = await Promise.all(topologies.map((_, n) => start(n)));
	const cluster: TestCluster = {
		servers,
		folder,
		topologies,
		trust,
		async client(n) {
			const server = servers[n] as NatsServer;
			const identity = trust ? trust.of(server.topology.name) : null;
			const nc = await connectNats({ servers: [server.url], name: `test-${n}`, identity });
			clients.push(nc);
			// A leaf listens before it has reached a voter.
			if (!(await waitUntil(() => answersStore(nc), 30_000))) throw new Error(`server ${n} does not reach the store in 30 s`);
			return nc;
		},
		async restart(n) {
			const server = await start(n);
			servers[n] = server;
			return server;
		},
		async [Symbol.asyncDispose]() {
			await Promise.all(clients.map((nc) => nc.close()));
			await Promise.all(servers.map((server) => server.stop()));
			await rm(folder, { recursive: true, force: true });
		},
	};
	if (!(await waitUntil(() => hasLeader(servers), 60_000))) {
		await cluster[Symbol.asyncDispose]();
		throw new Error('the test cluster elected no leader in 60 s');
	}
	return cluster;
}

const answersStore = (nc: NatsConnection): Promise<boolean> =>
	nc.request('$JS.covey.API.INFO', '', { timeout: 1_000 }).then(
		(reply) => !reply.string().includes('"error"'),
		() => false,
	);

/** Loopback topologies on free ports. */
export async function planCluster(voters: number, leaves = 0): Promise<TopologyInput[]> {
	const ports = await freePorts(voters * 4 + leaves * 2);
	const take = () => ports.pop() as number;
	const address = '127.0.0.1';
	const base = (n: number) => ({ name: names[n] as string, install: 1, address, port: take(), monitorPort: take() });
	const members = Array.from({ length: voters }, (_, n) => ({ ...base(n), clusterPort: take(), leafPort: take() }));
	const routes = members.map((member) => `${address}:${member.clusterPort}`);
	const remotes = members.map((member) => `${address}:${member.leafPort}`);
	return [
		...members.map((member): TopologyInput => ({ role: 'voter', ...member, routes })),
		...Array.from({ length: leaves }, (_, n): TopologyInput => ({ role: 'leaf', ...base(voters + n), remotes })),
	];
}

async function hasLeader(servers: readonly NatsServer[]): Promise<boolean> {
	const voters = servers.filter((server) => server.topology.role === 'voter');
	const metas = await Promise.all(voters.map((server) => metaGroup(server.topology.monitorPort)));
	return metas.every((meta) => meta?.leader !== undefined && meta.leader !== '' && meta.size >= voters.length);
}
