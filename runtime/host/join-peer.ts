// How a new host finds the voters of an existing cluster: any member's store names them.
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';

export interface PeerAnswer {
	/** `leaf` is ADDRESS:PORT. */
	voters: { host: string; leaf: string }[];
	/** Names in use. */
	hosts: string[];
}

/** Tries the peers one after another. Rejects with HOST_UNREACHABLE, or NAME_TAKEN. */
export async function joinPeer(
	peers: readonly string[],
	host: string,
	ask: (peer: string) => Promise<PeerAnswer>,
): Promise<string[]> {
	const failures: string[] = [];
	for (const peer of peers) {
		try {
			const { voters, hosts } = await ask(peer);
			if (hosts.includes(host))
				throw new CoveyError('NAME_TAKEN', `The cluster of ${peer} has a host called ${host}; choose another with --name.`);
			if (voters.length > 0) return voters.map(({ leaf }) => leaf);
			failures.push(`${peer}: names no voters`);
		} catch (thrown) {
			if (thrown instanceof CoveyError && thrown.code === 'NAME_TAKEN') throw thrown;
			failures.push(`${peer}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
		}
	}
	throw new CoveyError(
		'HOST_UNREACHABLE',
		`No peer could be joined: ${failures.join('; ')}. Use the address under "nats" of a host that is up.`,
	);
}

/** A voter's entry for those who join later. */
export async function publishVoter(documents: Documents, host: string, leaf: string): Promise<void> {
	for (;;) {
		const key = `voter-${host}`;
		const stored = await documents.read('config', key);
		const value = { host, leaf };
		if (JSON.stringify(stored?.value) === JSON.stringify(value)) return;
		if ((await documents.put('config', key, value, stored?.revision ?? 0)).status === 'committed') return;
	}
}
