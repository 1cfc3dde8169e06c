// Three voters and two leaves of a secure cluster, with an operator and a viewer, and a client of whoever asks.
import { ensureBuckets } from '../../nats/buckets.ts';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import type { NatsServer } from '../../nats/server.ts';
import { startNatsCluster, type TestCluster } from './nats-cluster.ts';
import type { TestTrust } from './test-trust.ts';

export interface SecureCluster extends AsyncDisposable {
	cluster: TestCluster;
	trust: TestTrust;
	server(host: string): NatsServer;
	/** `who` on the server of `host`; closed with the cluster. */
	connect(who: string, host: string): Promise<NatsConnection>;
	/** As the host's own growth user. */
	growth(host: string): Promise<NatsConnection>;
	/** Every server is told of the members and credentials of the moment. */
	reloadAll(): Promise<void>;
}

/** Hosts are alder, birch, cedar (voters), dogwood, elm (leaves); credentials are `ci` (operator) and `wall` (viewer). */
export async function startSecureCluster(): Promise<SecureCluster> {
	const cluster = await startNatsCluster(3, 2, { secure: true });
	const { trust } = cluster;
	if (!trust) throw new Error('the cluster is not secure');
	const clients: NatsConnection[] = [];
	const server = (host: string): NatsServer => {
		const found = cluster.servers.find(({ topology }) => topology.name === host);
		if (!found) throw new Error(`no host ${host}`);
		return found;
	};
	const keep = async (connecting: Promise<NatsConnection>): Promise<NatsConnection> => {
		const nc = await connecting;
		clients.push(nc);
		return nc;
	};
	const secure: SecureCluster = {
		cluster,
		trust,
		server,
		connect: (who, host) =>
			keep(connectNats({ servers: [server(host).url], name: `${who}@${host}`, identity: trust.of(who), deadlineMs: 10_000 })),
		growth: (host) => keep(connectNats({ ...server(host).own('growth'), name: `growth@${host}` })),
		reloadAll: async () => void (await Promise.all(cluster.servers.map((one) => one.reload(trust.ofServer(one.topology.name))))),
		async [Symbol.asyncDispose]() {
			await Promise.all(clients.map((nc) => nc.close()));
			await cluster[Symbol.asyncDispose]();
		},
	};
	try {
		await trust.add('ci', 'operator');
		await trust.add('wall', 'viewer');
		await secure.reloadAll();
		await ensureBuckets(await secure.growth('alder'), 3);
		// A leaf listens before it has reached a voter.
		await Promise.all(cluster.servers.map((_, n) => cluster.client(n)));
		return secure;
	} catch (error) {
		await secure[Symbol.asyncDispose]();
		throw error;
	}
}
