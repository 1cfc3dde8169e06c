// The new cluster of one, made beside what is there: streams restored, others struck off the list, keys for it.
import { join } from 'node:path';
import { natsDocuments } from '../../nats/documents.ts';
import { withRestoredStore } from '../../nats/restored-store.ts';
import { natsStore } from '../../nats/store.ts';
import type { Documents } from '../engine/ports.ts';
import type { ClusterSettings } from '../host/cluster-settings.ts';
import { ownMember } from '../host/own-trust.ts';
import { writeRecovered } from '../host/recovered-documents.ts';
import { planRecovery, type RecoveryPlan } from '../host/recovery-plan.ts';
import { AUTHORITY_KEY } from '../trust/founding.ts';
import type { Identity } from '../trust/identity.ts';
import { keyOfMember, Member, type Roll, rollOf } from '../trust/members.ts';
import { authorityIn, recoveredIdentity } from '../trust/recovered-identity.ts';
import type { ClusterKey } from '../trust/seal.ts';
import { clientIdentity } from './client-identity.ts';
import type { Gathered } from './gather-copy.ts';
import { privateServers } from './private-servers.ts';
import { VERSION } from './version.ts';

export interface MakeReady {
	/** As this host will start. */
	settings: ClusterSettings;
	identity: Identity;
	/** Its `nats/store` is the new store. */
	ready: string;
	/** ms */
	now: number;
	gathered: Gathered;
	/** False: only found out. */
	apply: boolean;
}

export interface Ready {
	plan: RecoveryPlan;
	/** Who this host will be. */
	identity: Identity;
}

/** Rejects with USAGE when there is nothing to recover, STORE_UNAVAILABLE, NATS_*, DISK_FULL. */
export async function makeReady({ settings, identity, ready, now, gathered, apply }: MakeReady): Promise<Ready> {
	const { host, address, install, role } = settings;
	const servers = await privateServers(identity, { folder: join(ready, 'keys'), address, now });
	const routes = await servers.ports();
	const voter = {
		...{ role: 'voter' as const, name: host, install, cluster: role.cluster, address },
		...{ ...routes, routes: [`${address}:${routes.clusterPort}`] },
	};
	const client = clientIdentity({ files: servers.files, identity });
	const { files, source } = gathered;
	return withRestoredStore({ folder: join(ready, 'nats'), voter, trust: servers.trust, identity: client, files }, async (nc) => {
		const documents = natsDocuments(nc, 30_000);
		const records = (await natsStore(nc, { scanDeadlineMs: 30_000 }).scan()).map(({ record }) => record);
		const known = await readKnown(documents, identity);
		const plan = planRecovery({
			host,
			members: known.roll.members,
			records,
			source,
			hasAuthority: known.authority !== null,
			credentials: known.roll.credentials.map(({ name }) => name),
		});
		const self = selfOf(known, settings, identity, now);
		const credentials = known.authority ? known.roll.credentials : [];
		const recovered = await recoveredIdentity(identity, {
			authority: known.authority,
			cluster: role.cluster,
			address,
			roll: { members: [self], credentials },
			now,
		});
		if (apply)
			await writeRecovered(documents, {
				cluster: role.cluster,
				self,
				forgotten: plan.forgotten.map((one) => one.host),
				at: now,
				authority: known.authority ? null : recovered.authority,
				clusterKey: identity.clusterKeys[0] as ClusterKey,
			});
		return { plan, identity: recovered.identity };
	});
}

type Known = Awaited<ReturnType<typeof readKnown>>;

async function readKnown(documents: Documents, identity: Identity) {
	const config = await documents.list('config');
	// Whoever this host let in last and is not in an older copy is lost as well.
	const roll: Roll = rollOf(config, identity.roll);
	const own = Member.safeParse(config.find(({ key }) => key === keyOfMember(identity.host))?.value).data ?? null;
	return { roll, own, authority: authorityIn(await documents.read('authority', AUTHORITY_KEY), identity) };
}

function selfOf({ own }: Known, settings: ClusterSettings, identity: Identity, now: number): Member {
	return {
		schema: 1,
		...ownMember(settings, { identity }, VERSION),
		role: 'voter',
		joinedAt: own?.joinedAt ?? now,
		forgottenAt: null,
	};
}
