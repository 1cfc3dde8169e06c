// Servers that a recovery runs for a moment: with an authority of their own, so that nobody but this host can connect, and this
// host can also when its certificate has grown too old meanwhile.
import type { ServerTrust } from '../../nats/server-trust.ts';
import type { VoterPorts } from '../../nats/stand-ins.ts';
import { choosePorts } from '../host/choose-ports.ts';
import { speakers } from '../host/host-trust.ts';
import { type Identity, type IdentityFiles, writeIdentity } from '../trust/identity.ts';
import { NOBODY } from '../trust/members.ts';
import { recoveredIdentity } from '../trust/recovered-identity.ts';

export interface PrivateServers {
	trust: ServerTrust;
	files: IdentityFiles;
	/** Free ones, others with each call. */
	ports(): Promise<VoterPorts>;
}

export async function privateServers(
	identity: Identity,
	{ folder, address, now }: { folder: string; address: string; now: number },
): Promise<PrivateServers> {
	const own = await recoveredIdentity(identity, { authority: null, cluster: 'recovery', address, roll: NOBODY, now });
	const files = writeIdentity(folder, own.identity);
	const taken = new Set<number>();
	return {
		files,
		trust: speakers(files, own.identity, 'voter', NOBODY),
		async ports() {
			const { nats, monitor, cluster, leaf } = await choosePorts(address, 0, taken);
			return { port: nats, monitorPort: monitor, clusterPort: cluster, leafPort: leaf };
		},
	};
}
