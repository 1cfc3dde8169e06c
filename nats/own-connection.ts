// How a host's supervisor connects to its own server, as the users that only this host knows.
import { clientUrl, type Topology } from './config.ts';
import type { ConnectOptions } from './connection-options.ts';
import { growthInbox } from './inbox.ts';
import type { OwnKey, ServerSecrets } from './server-access.ts';
import type { ServerTrust } from './server-trust.ts';

/**
 * `sys`: account SYS, for `$SYS.REQ…` and membership of the group of voters. `growth`: account COVEY, may make, change, save,
 * restore and delete streams; only a voter's server lets it in.
 */
export type OwnUser = 'sys' | 'growth';

export function ownConnection(
	user: OwnUser,
	topology: Topology,
	secrets: ServerSecrets,
	trust: ServerTrust | null,
): Omit<ConnectOptions, 'name'> {
	const own = { servers: [clientUrl(topology)], only: true };
	if (trust === null) return user === 'sys' ? { ...own, user: 'sys', pass: secrets.sys } : own;
	const { caFile, certFile, keyFile } = trust;
	const { key, inbox } = secured(user, topology.name, secrets);
	return { ...own, identity: { caFile, certFile, keyFile, seed: key.seed, inbox } };
}

function secured(user: OwnUser, host: string, secrets: ServerSecrets): { key: OwnKey; inbox: string } {
	switch (user) {
		case 'sys':
			return { key: secrets.sysKey, inbox: '_INBOX' };
		case 'growth':
			return { key: secrets.growthKey, inbox: growthInbox(host) };
	}
}
