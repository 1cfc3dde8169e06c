// As whom a host speaks on NATS: with the keys in its data directory.
import { join } from 'node:path';
import type { ClientIdentity } from '../../nats/connect.ts';
import { inboxPrefix } from '../../nats/inbox.ts';
import { CoveyError } from '../engine/errors.ts';
import { filesOf, type Identity, type IdentityFiles, readIdentity } from '../trust/identity.ts';

export function clientIdentity({ files, identity }: { files: IdentityFiles; identity: Identity }): ClientIdentity {
	return { ...files, seed: identity.seed, inbox: inboxPrefix({ type: 'host', name: identity.host }) };
}

/** Whoever may read a host's keys speaks as that host. Throws DATA_DIR_UNUSABLE. */
export function localIdentity(dataDir: string, host: string): ClientIdentity {
	const folder = join(dataDir, 'trust');
	const identity = readIdentity(folder);
	if (!identity) throw new CoveyError('DATA_DIR_UNUSABLE', `The keys of ${host} are missing from ${folder}.`);
	return clientIdentity({ identity, files: filesOf(folder) });
}
