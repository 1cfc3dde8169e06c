// The settings of a host that is new: the first of a cluster, or one that joins.
import { choosePorts } from './choose-ports.ts';
import { type ClusterSettings, newClusterName } from './cluster-settings.ts';
import { ownAddress } from './own-address.ts';

export interface NewHost {
	host: string;
	/** Null: this machine's address on its network. */
	bind: string | null;
	witness: boolean;
}

/** Ports given to apps that did not ask for one. */
const APP_PORTS = { from: 20_000, to: 20_999, usual: true };

/** The only voter of a new cluster. Rejects with ADDRESS_IN_USE. */
export async function foundCluster(wanted: NewHost): Promise<ClusterSettings> {
	const common = await commonSettings(wanted);
	return {
		...common,
		role: {
			type: 'voter',
			cluster: newClusterName(),
			voters: 1,
			routes: [`${common.address}:${common.ports.cluster}`],
		},
	};
}

/** Address and ports are chosen before the cluster is asked: they are part of the question. Rejects with ADDRESS_IN_USE. */
export const commonSettings = async (
	{ host, bind, witness }: NewHost,
	taken: readonly number[] = [],
): Promise<Omit<ClusterSettings, 'role'>> => {
	const address = bind ?? ownAddress();
	return {
		schema: 1,
		host,
		address,
		ports: await choosePorts(address, 0, new Set(taken)),
		install: 1,
		secure: true,
		witness,
		appPorts: APP_PORTS,
	};
};

/** A joiner takes part without a vote; the cluster gives it one when it wants to. `remotes`: leaf ports of voters. */
export const asLeaf = (common: Omit<ClusterSettings, 'role'>, cluster: string, remotes: string[]): ClusterSettings => ({
	...common,
	role: { type: 'leaf', cluster, remotes },
});
