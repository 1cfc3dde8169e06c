// From the members and credentials to what a nats-server must know of them. Pure.
import { type IdentityFiles, nkeyOf } from './identity.ts';
import { isWholeUserKey, type Member, type Roll } from './members.ts';

export interface WhoMaySpeak extends IdentityFiles {
	/** Public keys: who may open routes, who may connect at all. */
	pins: { hosts: string[]; clients: string[] };
	users: { name: string; nkey: string; role: 'voter' | 'leaf' | 'operator' | 'viewer' }[];
	/** Secret: this host's own. */
	leafSeed: string;
}

/** `self` is this host as it takes part now: it is let in to its own server before any document says so. */
export function whoMaySpeak(
	files: IdentityFiles,
	seed: string,
	self: { host: string; pin: string; role: Member['role'] },
	{ members, credentials }: Roll,
): WhoMaySpeak {
	const others = members.filter(({ host }) => host !== self.host);
	const taken = new Set<string>();
	// Others wrote the documents: with a damaged key, or with one twice, the server would not start.
	const isNew = ({ nkey }: { nkey: string }): boolean => {
		if (taken.has(nkey) || !isWholeUserKey(nkey)) return false;
		taken.add(nkey);
		return true;
	};
	const hosts = [{ ...self, nkey: nkeyOf(seed) }, ...others]
		.flatMap(({ host, pin, nkey, role }) => (pin === null || nkey === null ? [] : [{ name: host, pin, nkey, role }]))
		.filter(isNew);
	const scripts = credentials.filter(isNew);
	return {
		...files,
		pins: {
			hosts: hosts.filter(({ role }) => role === 'voter').map(({ pin }) => pin),
			clients: [...hosts.map(({ pin }) => pin), ...scripts.map(({ pin }) => pin)],
		},
		users: [
			...hosts.map(({ name, nkey, role }) => ({ name, nkey, role })),
			...scripts.map(({ name, nkey, role }) => ({ name, nkey, role })),
		],
		leafSeed: seed,
	};
}
