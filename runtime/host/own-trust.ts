// This host's place in a secure cluster: made when it founds one, read at each start.
import { CoveyError } from '../engine/errors.ts';
import { foundingIdentity, foundTrust, keepAuthority } from '../trust/founding.ts';
import { type Identity, type IdentityFiles, nkeyOf, pinOfIdentity, readIdentity, writeIdentity } from '../trust/identity.ts';
import type { OwnFacts } from '../trust/own-member.ts';
import { type ClusterSettings, writeSettings } from './cluster-settings.ts';
import type { DataDir } from './data-dir.ts';
import { foundCluster, type NewHost } from './new-host.ts';

export interface Trusted {
	/** `<data>/trust` */
	folder: string;
	identity: Identity;
	files: IdentityFiles;
}

/** The first host of a new cluster. The settings are written last: with them the founding is complete. */
export async function foundHost(dataDir: DataDir, wanted: NewHost): Promise<ClusterSettings> {
	const settings = await foundCluster(wanted);
	const { host, address, role } = settings;
	const folder = dataDir.folder('trust');
	const founded = await foundTrust(role.cluster, Date.now());
	writeIdentity(folder, await foundingIdentity(founded, { host, address, now: Date.now() }));
	keepAuthority(folder, founded.authority);
	writeSettings(dataDir.path, settings);
	return settings;
}

/** Null in an open cluster. Throws DATA_DIR_UNUSABLE when the keys are missing or damaged. */
export function trustedOf(settings: ClusterSettings, dataDir: DataDir): Trusted | null {
	if (!settings.secure) return null;
	const folder = dataDir.folder('trust');
	const identity = readIdentity(folder);
	if (!identity) throw new CoveyError('DATA_DIR_UNUSABLE', `The keys of this host are missing from ${folder}.`);
	return { folder, identity, files: writeIdentity(folder, identity) };
}

/** What this host's own member document says. */
export function ownMember(settings: ClusterSettings, mine: Pick<Trusted, 'identity'> | null, version: string): OwnFacts {
	const { host, install, address, witness } = settings;
	const { nats, cluster, leaf, http } = settings.ports;
	return {
		host,
		install,
		address,
		ports: { nats, cluster, leaf, http },
		pin: mine && pinOfIdentity(mine.identity),
		nkey: mine && nkeyOf(mine.identity.seed),
		witness,
		version,
	};
}
