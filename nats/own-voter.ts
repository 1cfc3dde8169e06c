// The group of voters and the streams, as the supervisor of this host's own server sees and changes them. Connections are made
// for each call: the server may be another one by the next.
import { connectNats, type NatsConnection } from './connect.ts';
import { removeVoter, votingGroup, waitVoting } from './meta-group.ts';
import { routedToNow } from './monitor.ts';
import type { NatsServer } from './server.ts';
import { type DataStanding, dataStanding, emptyVoter, setReplicas, waitWithout } from './voters-ops.ts';

export interface OwnVoter {
	/** Server names of the voters; null on a host that is none, and while no leader answers. */
	group(): Promise<string[] | null>;
	waitVoting(): Promise<void>;
	data(): Promise<DataStanding>;
	setCopies(copies: number, keep: string | null, onBucket: (name: string) => void): Promise<void>;
	emptyVoter(server: string, to: string): Promise<void>;
	removeVoter(server: string): Promise<void>;
	waitWithout(server: string): Promise<string[]>;
}

/** All but `group` reject with STORE_UNAVAILABLE or NO_ANSWER. */
export function ownVoter(server: Pick<NatsServer, 'own' | 'name' | 'topology' | 'pid'>): OwnVoter {
	const connectSys = () => connectNats({ ...server.own('sys'), name: `covey voters ${server.name}` });
	const withSys = <T>(use: (nc: NatsConnection) => Promise<T>) => closing(connectSys, use);
	const withStreams = <T>(use: (nc: NatsConnection) => Promise<T>) =>
		closing(() => connectNats({ ...server.own('growth'), name: `covey growth ${server.name}` }), use);
	const group = async () => {
		if (server.topology.role !== 'voter' || server.pid === null) return null;
		return withSys((nc) => votingGroup(nc)).then(
			(voting) => voting?.voters ?? null,
			() => null,
		);
	};
	const allHere = async () => {
		const voters = await group();
		const here = [server.name, ...(await routedToNow(server.topology.monitorPort))];
		return voters?.every((name) => here.includes(name)) ?? false;
	};
	return {
		group,
		waitVoting: async () => void (await waitVoting(connectSys, { name: server.name, monitorPort: server.topology.monitorPort })),
		data: () => withStreams(dataStanding),
		setCopies: (copies, keep, onBucket) => withStreams((nc) => setReplicas(nc, copies, keep, onBucket)),
		emptyVoter: (name, to) => withStreams((nc) => emptyVoter(nc, name, to)),
		removeVoter: (name) => removeVoter(connectSys, name),
		waitWithout: (name) => withStreams((nc) => waitWithout(nc, name, allHere)),
	};
}

async function closing<T>(open: () => Promise<NatsConnection>, use: (nc: NatsConnection) => Promise<T>): Promise<T> {
	const nc = await open();
	try {
		return await use(nc);
	} finally {
		await nc.close();
	}
}
