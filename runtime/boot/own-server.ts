// This host's nats-server as its settings say, and what it does with it: change its role, prepare the streams, ask past it.
import { obeyDemotion } from '../../actors/effects/settle-as-leaf.ts';
import type { VoterOps } from '../../actors/voter-ops.ts';
import { ensureBuckets } from '../../nats/buckets.ts';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { ownVoter } from '../../nats/own-voter.ts';
import { type NatsServer, startNatsServer } from '../../nats/server.ts';
import { retryUntil } from '../../nats/wait.ts';
import { CoveyError, toWire } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import type { ClusterSettings } from '../host/cluster-settings.ts';
import type { DataDir } from '../host/data-dir.ts';
import { speakers } from '../host/host-trust.ts';
import type { HostLog } from '../host/log.ts';
import type { Trusted } from '../host/own-trust.ts';
import { type OwnRole, ownRole } from '../host/server-role.ts';
import type { Identity } from '../trust/identity.ts';
import type { Member, Roll } from '../trust/members.ts';
import { clientIdentity } from './client-identity.ts';

export interface OwnServer {
	nats: NatsServer;
	/** Null in an open cluster. */
	mine: Trusted | null;
	role(): Member['role'];
	settings(): ClusterSettings;
	running: OwnRole['running'];
	restartAs: OwnRole['restartAs'];
	/** Who may speak from now on, and where the voters are. In effect when it resolves. */
	follow(identity: Identity, roll: Roll): Promise<void>;
	/** The connection that must be back before a change of role is done. */
	use(nc: NatsConnection): void;
}

const RECONNECT_LIMIT_MS = 60_000;
const STORE_RETRY_MS = 60_000;
const WAITING =
	'Waiting for the other voting hosts: without a majority of them nothing can be changed. Lost for good? See `covey recover`.\n';

/** Rejects with NATS_SERVER_*, NATS_STORE_CORRUPT, ADDRESS_IN_USE, DATA_DIR_*. */
export async function startOwnServer(settings: ClusterSettings, dataDir: DataDir, mine: Trusted | null): Promise<OwnServer> {
	let keys = mine && { identity: mine.identity, roll: mine.identity.roll };
	let connection: NatsConnection | null = null;
	const trustFor = (role: Member['role']) => mine && keys && speakers(mine.files, keys.identity, role, keys.roll);
	const nats = await startNatsServer({
		topology: topologyOf(settings),
		folder: dataDir.folder('nats'),
		trust: trustFor(settings.role.type),
	});
	const role = ownRole({
		dataDir: dataDir.path,
		settings,
		reconfigure: (next, store) => nats.reconfigure(topologyOf(next), trustFor(next.role.type), store),
		reconnected: () => (connection ? answered(connection) : Promise.resolve()),
	});
	return {
		nats,
		mine,
		role: () => nats.topology.role,
		settings: role.settings,
		running: role.running,
		restartAs: role.restartAs,
		follow: (identity, roll) => {
			keys = { identity, roll };
			return role.follow(identity, roll);
		},
		use: (nc) => {
			connection = nc;
		},
	};
}

export function voterOpsOf(own: OwnServer, membersChanged: () => void): Omit<VoterOps, 'lastSeen' | 'listeningSince'> {
	return { ...ownVoter(own.nats), running: own.running, restartAs: own.restartAs, membersChanged };
}

/**
 * The streams, made or checked by the one user that may. Waits for the other voters as long as it takes, or until this host is no
 * voter any more.
 */
export async function prepareStore(own: OwnServer, signal: AbortSignal, log: HostLog): Promise<void> {
	for (let told = false; own.role() === 'voter' && !signal.aborted; told = true) {
		try {
			return await makeBuckets(own);
		} catch (thrown) {
			if (told) continue;
			log.warn({ error: toWire(thrown) }, 'waiting for the other voters');
			process.stderr.write(WAITING);
		}
	}
}

async function makeBuckets({ nats, settings }: OwnServer): Promise<void> {
	const { role } = settings();
	const nc = await connectNats({ ...nats.own('growth'), name: 'covey growth' });
	try {
		await ensureBuckets(nc, role.type === 'voter' ? role.voters : 1, STORE_RETRY_MS);
	} finally {
		await nc.close();
	}
}

/** What the own member document says of the vote, read through this host's server. */
export const obey = (own: OwnServer, documents: Documents, host: string): Promise<number | null> =>
	obeyDemotion({ host, documents, voters: own });

/** The same, read through a voter's server: the others take no routes from a server whose vote was taken. */
export async function obeyThroughOthers(own: OwnServer, roll: Roll, host: string): Promise<number | null> {
	const servers = roll.members
		.filter((member) => member.role === 'voter' && member.host !== host)
		.map(({ address, ports }) => `nats://${address}:${ports.nats}`);
	if (servers.length === 0 || !own.mine) return null;
	const nc = await connectNats({ servers, only: true, name: `covey ${host} looks`, identity: clientIdentity(own.mine) });
	try {
		return await obey(own, natsDocuments(nc), host);
	} finally {
		await nc.close();
	}
}

/** Resolves when the server answers this connection again. Rejects with STORE_UNAVAILABLE. */
async function answered(nc: NatsConnection): Promise<void> {
	try {
		await retryUntil(
			RECONNECT_LIMIT_MS,
			() => nc.flush(),
			() => !nc.isClosed(),
		);
	} catch (thrown) {
		throw new CoveyError('STORE_UNAVAILABLE', 'This host cannot connect to its own nats-server after its change of role.', {
			cause: thrown,
		});
	}
}

function topologyOf({ host, address, ports, role, install }: ClusterSettings): Parameters<typeof startNatsServer>[0]['topology'] {
	const common = { name: host, install, address, port: ports.nats, monitorPort: ports.monitor };
	return role.type === 'voter'
		? { role: 'voter', ...common, cluster: role.cluster, clusterPort: ports.cluster, leafPort: ports.leaf, routes: role.routes }
		: { role: 'leaf', ...common, remotes: role.remotes };
}
