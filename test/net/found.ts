// Makes the members of a cluster with TLS and keys, each with its own address, three of them voting from the start: as
// `covey demo --secure` does on one address. Growing by `covey join` has scenarios of its own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ClusterSettings, newClusterName, writeSettings } from '../../runtime/host/cluster-settings.ts';
import { foundingIdentity, foundTrust, keepAuthority } from '../../runtime/trust/founding.ts';
import { nkeyOf, pinOfIdentity, writeIdentity } from '../../runtime/trust/identity.ts';
import type { Member } from '../../runtime/trust/members.ts';

export interface Place {
	host: string;
	address: string;
	/** Data directory, to be made. */
	data: string;
	votes: boolean;
}

export const PORTS = { http: 7780, nats: 4222, cluster: 6222, leaf: 7422, monitor: 8222 };

export async function foundHosts(places: readonly Place[]): Promise<void> {
	const cluster = newClusterName();
	const now = Date.now();
	const founded = await foundTrust(cluster, now);
	const made = await Promise.all(
		places.map(async (place) => ({ place, identity: await foundingIdentity(founded, { ...place, now }) })),
	);
	const members = made.map(({ place, identity }): Member => {
		const { monitor: _own, ...ports } = PORTS;
		return {
			schema: 1,
			host: place.host,
			install: 1,
			address: place.address,
			ports,
			pin: pinOfIdentity(identity),
			nkey: nkeyOf(identity.seed),
			role: place.votes ? 'voter' : 'leaf',
			witness: false,
			version: '0.0.0',
			joinedAt: now,
			forgottenAt: null,
		};
	});
	for (const [index, { place, identity }] of made.entries()) {
		mkdirSync(place.data, { mode: 0o700 });
		const trust = join(place.data, 'trust');
		writeIdentity(trust, { ...identity, roll: { members, credentials: [] } });
		if (index === 0) keepAuthority(trust, founded.authority);
		writeSettings(place.data, settingsOf(place, places, cluster));
	}
}

function settingsOf({ host, address, votes }: Place, places: readonly Place[], cluster: string): ClusterSettings {
	const voters = places.filter((place) => place.votes);
	const at = (port: number) => voters.map((voter) => `${voter.address}:${port}`);
	return {
		schema: 1,
		host,
		address,
		ports: PORTS,
		role: votes
			? { type: 'voter', cluster, voters: voters.length, routes: at(PORTS.cluster) }
			: { type: 'leaf', cluster, remotes: at(PORTS.leaf) },
		install: 1,
		secure: true,
		witness: false,
		appPorts: { from: 20_000, to: 20_999, usual: false },
	};
}
