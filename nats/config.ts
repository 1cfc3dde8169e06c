// The configuration of one nats-server, from data. Its file format is a superset of JSON, so it is written as JSON: no string
// of a user is ever pasted into text.
import { z } from 'zod';
import { Name } from '../runtime/engine/record.ts';
import { DOMAIN } from './domain.ts';
import { accounts, type ServerSecrets, tlsPart } from './server-access.ts';
import type { ServerTrust } from './server-trust.ts';

const Port = z.number().int().min(1).max(65_535);
const Address = z
	.string()
	.regex(/^([0-9]{1,3}(\.[0-9]{1,3}){3}|[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)$/, 'use an IPv4 address or a DNS name');
const Endpoint = z.string().regex(/^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}$/, 'use ADDRESS:PORT');

const common = {
	/** The host's name. */
	name: Name,
	/** Which installation of this host it is: a name removed from a cluster cannot come back for minutes. */
	install: z.number().int().min(1),
	/** Where clients, routes and leaves reach this host. */
	address: Address,
	port: Port,
	/** Always on 127.0.0.1. */
	monitorPort: Port,
};

/** Holds JetStream data. `routes` lists the cluster ports of all voters, itself too. */
export const Voter = z.object({
	role: z.literal('voter'),
	...common,
	/** Servers with another name are refused: a host of another cluster may have got a port that one of ours had. */
	cluster: Name.default('covey'),
	clusterPort: Port,
	leafPort: Port,
	routes: z.array(Endpoint).min(1),
	/** Bytes of disk the streams may take. */
	maxStoreBytes: z
		.number()
		.int()
		.positive()
		.default(2 * 1024 ** 3),
});
/** One connection to the voters, no data. `remotes` lists their leaf ports. */
export const Leaf = z.object({ role: z.literal('leaf'), ...common, remotes: z.array(Endpoint).min(1) });
export const Topology = z.discriminatedUnion('role', [Voter, Leaf]);

export type Voter = z.output<typeof Voter>;
export type Leaf = z.output<typeof Leaf>;
export type Topology = z.output<typeof Topology>;
export type TopologyInput = z.input<typeof Topology>;

export interface ServerFiles {
	store: string;
	log: string;
}

/** The stable name of the server in the cluster: `alder-1`. */
export const serverName = (topology: Pick<Topology, 'name' | 'install'>): string => `${topology.name}-${topology.install}`;
/** Where clients reach it: `nats://127.0.0.1:4222`. */
export const clientUrl = (topology: Pick<Topology, 'address' | 'port'>): string => `nats://${topology.address}:${topology.port}`;
/** True when no other voter is configured: nobody else can wake its raft loop. */
export const isAlone = (topology: Topology): topology is Voter =>
	topology.role === 'voter' && topology.routes.every((route) => route === `${topology.address}:${topology.clusterPort}`);

/** `trust` null: plain and without credentials, for loopback only. */
export function serverConfig(topology: Topology, files: ServerFiles, secrets: ServerSecrets, trust: ServerTrust | null): string {
	const voter = topology.role === 'voter';
	return render({
		server_name: serverName(topology),
		listen: `${topology.address}:${topology.port}`,
		http: `127.0.0.1:${topology.monitorPort}`,
		...logging(files.log),
		...limits,
		server_tags: [`host:${topology.name}`, topology.role],
		...accounts({ host: topology.name, voter, jetStream: voter }, secrets, trust),
		...tlsPart(trust, trust?.pins.clients ?? null),
		...(topology.role === 'voter' ? voterPart(topology, files.store, trust) : leafPart(topology, trust)),
	});
}

/** A second server beside a lone voter: with `store` it takes part in the first election, without it is only a connection. */
export function companionConfig(
	voter: Voter,
	name: string,
	files: { store: string | null; log: string },
	secrets: ServerSecrets,
	trust: ServerTrust | null,
): string {
	return render({
		server_name: name,
		listen: '127.0.0.1:-1',
		...logging(files.log),
		...limits,
		...accounts({ host: voter.name, voter: true, jetStream: files.store !== null }, secrets, trust),
		...tlsPart(trust, trust?.pins.clients ?? null),
		...(files.store === null ? {} : { jetstream: jetstream(files.store, 16 * 1024 ** 2) }),
		cluster: { ...cluster(voter.cluster, [`${voter.address}:${voter.clusterPort}`], trust), listen: '127.0.0.1:-1' },
	});
}

// A leaf's link that died without a word is noticed after 6-9 s by the leaf, up to 12 s by the voter; TCP alone would repeat itself in ever
// longer waits, for half a minute after the network is back. Clients ping more often themselves, so servers seldom have to.
const limits = { ping_interval: '3s', ping_max: 2, write_deadline: '5s', max_payload: 1024 ** 2 };

const logging = (file: string): object => ({
	log_file: file,
	logfile_size_limit: 8 * 1024 ** 2,
	logfile_max_num: 4,
	logtime_utc: true,
});

function voterPart(voter: Voter, store: string, trust: ServerTrust | null): object {
	const at = (port: number) => `${voter.address}:${port}`;
	return {
		jetstream: jetstream(store, voter.maxStoreBytes),
		cluster: { ...cluster(voter.cluster, voter.routes, trust), listen: at(voter.clusterPort), advertise: at(voter.clusterPort) },
		// Pins of leaf links cannot be changed by a reload; the nkey of the link is checked instead.
		leafnodes: { listen: at(voter.leafPort), advertise: at(voter.leafPort), ...tlsPart(trust, null) },
	};
}

function leafPart(leaf: Leaf, trust: ServerTrust | null): object {
	if (trust === null)
		return {
			leafnodes: {
				reconnect: '1s',
				remotes: [{ urls: leaf.remotes.map((remote) => `nats-leaf://${remote}`), account: 'COVEY' }],
			},
		};
	const urls = leaf.remotes.map((remote) => `tls://${remote}`);
	return {
		leafnodes: {
			// All links are cut when a host is removed: those of the others come back at once.
			reconnect: '250ms',
			remotes: [{ urls, account: 'COVEY', nkey: trust.leafSeed, ...tlsPart(trust, null) }],
		},
	};
}

// Acknowledged means on disk: the default syncs every two minutes, and homes lose power.
const jetstream = (store: string, maxFile: number): object => ({
	store_dir: store,
	domain: DOMAIN,
	sync_interval: 'always',
	max_file: maxFile,
	max_mem: 64 * 1024 ** 2,
});

const cluster = (name: string, routes: readonly string[], trust: ServerTrust | null): object => ({
	name,
	routes: routes.map((route) => `nats-route://${route}`),
	ping_interval: '2s',
	ping_max: 2,
	pool_size: -1,
	...tlsPart(trust, trust?.pins.hosts ?? null),
});

function render(config: object): string {
	const text = JSON.stringify(config, null, '\t');
	// The server's parser knows \" \\ \t \n \r, not JSON's \u0000 and \b.
	if (/\\[^"\\tnr]/.test(text.replaceAll('\\\\', '')))
		throw new Error('a path or name of the nats-server configuration contains a control character');
	return `${text}\n`;
}
