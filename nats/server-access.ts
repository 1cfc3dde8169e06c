// The parts of a nats-server's configuration that say who is let in.
import { growthPermissions, type Permissions, permissionsOf } from './permissions.ts';
import type { ServerTrust, TrustedUser } from './server-trust.ts';

/** Secrets between this host and its own server: none leaves the host. Open clusters use the passwords, secure ones the nkeys. */
export interface ServerSecrets {
	/** User `sys` of account SYS: membership of the cluster. */
	sys: string;
	/** User `open` of account COVEY: what a client without credentials becomes. */
	open: string;
	sysKey: OwnKey;
	/** Makes, changes, saves and restores streams; only voters let it in. */
	growthKey: OwnKey;
}

export interface OwnKey {
	/** nkey, `U…`. */
	public: string;
	/** `SU…` */
	seed: string;
}

/** Whose server it is, and what the account of Covey can do on it. */
interface Place {
	host: string;
	voter: boolean;
	jetStream: boolean;
}

export function accounts(place: Place, secrets: ServerSecrets, trust: ServerTrust | null): object {
	const jetStream = place.jetStream ? { jetstream: 'enabled' } : {};
	if (trust === null)
		return {
			accounts: {
				SYS: { users: [{ user: 'sys', password: secrets.sys }] },
				COVEY: { ...jetStream, users: [{ user: 'open', password: secrets.open }] },
			},
			system_account: 'SYS',
			no_auth_user: 'open',
		};
	const growth = place.voter ? [user(secrets.growthKey.public, growthPermissions(place.host), ['STANDARD'])] : [];
	return {
		accounts: {
			SYS: { users: [{ nkey: secrets.sysKey.public, allowed_connection_types: ['STANDARD'] }] },
			COVEY: { ...jetStream, users: [...growth, ...trust.users.map((one) => trustedUser(one, trust.users))] },
		},
		system_account: 'SYS',
	};
}

/** Mutual TLS; with `pins` only those keys. Nothing without trust. */
export const tlsPart = (trust: ServerTrust | null, pins: readonly string[] | null): object =>
	trust === null
		? {}
		: {
				tls: {
					cert_file: trust.certFile,
					key_file: trust.keyFile,
					ca_file: trust.caFile,
					verify: true,
					min_version: '1.3',
					timeout: 3,
					...(pins === null ? {} : { pinned_certs: pins }),
				},
			};

const trustedUser = (one: TrustedUser, all: readonly TrustedUser[]): object =>
	user(one.nkey, permissionsOf(one, all), one.role === 'leaf' ? ['STANDARD', 'LEAFNODE'] : ['STANDARD']);

const user = (nkey: string, permissions: Permissions, connections: ('STANDARD' | 'LEAFNODE')[]): object => ({
	nkey,
	permissions,
	allowed_connection_types: connections,
});
