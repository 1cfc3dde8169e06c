// Hosts with real nats-servers and what the voters' effects need of them, in one process; their settings are what a disk would hold.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerRole, VotersKit } from '../../actors/voter-ops.ts';
import { ensureBuckets } from '../../nats/buckets.ts';
import type { TopologyInput } from '../../nats/config.ts';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { ownVoter } from '../../nats/own-voter.ts';
import { type NatsServer, startNatsServer } from '../../nats/server.ts';
import type { Documents } from '../../runtime/engine/ports.ts';
import { freePorts } from './free-ports.ts';
import { sampleMember } from './sample-member.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface VoterHost {
	name: string;
	server: NatsServer;
	nc: NatsConnection;
	kit: VotersKit;
	/** Off: its server is stopped; on: started as its settings say. */
	power(on: boolean): Promise<void>;
	/** kill -9 of host and server, and a new start from the settings. */
	reboot(): Promise<void>;
}

export interface VoterHosts extends AsyncDisposable {
	hosts: VoterHost[];
	of(name: string): VoterHost;
	/** A new host without data, as after a join. */
	join(name: string, witness?: boolean): Promise<VoterHost>;
}

/** One host that holds the data. */
export async function startVoterHosts(first: string): Promise<VoterHosts> {
	const { path: folder } = await temporaryFolder();
	const hosts: VoterHost[] = [];
	const cluster: VoterHosts = {
		hosts,
		of: (name) => hosts.find((host) => host.name === name) as VoterHost,
		async join(name, witness = false) {
			const voters = hosts.flatMap(({ server: { topology } }) =>
				topology.role === 'voter' ? [`127.0.0.1:${topology.leafPort}`] : [],
			);
			return add(name, witness, { role: 'leaf', install: 1, remotes: voters });
		},
		async [Symbol.asyncDispose]() {
			await Promise.all(hosts.map(({ nc }) => nc.close()));
			await Promise.all(hosts.map(({ server }) => server.stop()));
			await rm(folder, { recursive: true, force: true });
		},
	};

	async function add(name: string, witness: boolean, role: ServerRole | null): Promise<VoterHost> {
		const [port = 0, monitorPort = 0, clusterPort = 0, leafPort = 0, http = 0] = await freePorts(5);
		let settings: ServerRole = role ?? { role: 'voter', install: 1, routes: [`127.0.0.1:${clusterPort}`] };
		const topologyOf = (as: ServerRole): TopologyInput => {
			const common = { name, install: as.install, address: '127.0.0.1', port, monitorPort };
			return as.role === 'voter'
				? { role: 'voter', ...common, clusterPort, leafPort, routes: as.routes }
				: { role: 'leaf', ...common, remotes: as.remotes };
		};
		const start = () => startNatsServer({ topology: topologyOf(settings), folder: join(folder, name) });
		let up = true;
		const host = { name, server: await start() } as VoterHost;
		host.nc = await connectNats({ servers: [host.server.url], name: `test ${name}` });
		const isUp = (other: string) => cluster.of(other)?.server.pid != null;
		const current = () => ownVoter(host.server);
		host.kit = {
			host: name,
			documents: natsDocuments(host.nc, 30_000),
			presence: (other) => (isUp(other) ? 'online' : 'offline'),
			voters: {
				running: () => ({ role: settings.role, install: settings.install }),
				async restartAs(next) {
					settings = next;
					await host.server.reconfigure(topologyOf(next), null, 'empty');
				},
				group: () => current().group(),
				waitVoting: () => current().waitVoting(),
				data: () => current().data(),
				setCopies: (...of) => current().setCopies(...of),
				emptyVoter: (...of) => current().emptyVoter(...of),
				removeVoter: (server) => current().removeVoter(server),
				waitWithout: (server) => current().waitWithout(server),
				membersChanged: () => {},
				lastSeen: () => null,
				listeningSince: () => 0,
			},
		};
		host.power = async (on) => {
			if (on === up) return;
			up = on;
			if (on) host.server = await start();
			else await host.server.stop();
		};
		host.reboot = async () => {
			if (host.server.pid !== null) process.kill(host.server.pid, 'SIGKILL');
			await host.server.stop();
			host.server = await start();
		};
		hosts.push(host);
		if (role === null) await ensureBuckets(host.nc, 1);
		await putMember(host.kit.documents, name, witness, settings.role, { nats: port, cluster: clusterPort, leaf: leafPort, http });
		return host;
	}

	await add(first, false, null);
	return cluster;
}

async function putMember(
	documents: Documents,
	host: string,
	witness: boolean,
	role: 'voter' | 'leaf',
	ports: { nats: number; cluster: number; leaf: number; http: number },
): Promise<void> {
	const member = sampleMember(host, { address: '127.0.0.1', ports, role, witness, joinedAt: 1 });
	await documents.put('config', `member-${host}`, member, 0);
}
