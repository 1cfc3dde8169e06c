// This host among the trusted: who is let in follows the members' documents, its own certificate is renewed in time, and machines
// with a token come in through it.
import type { Clock, Documents } from '../engine/ports.ts';
import { repeat } from '../engine/repeat.ts';
import { needsRenewal, requestForKey } from '../trust/ca.ts';
import type { CredentialWish, Issued } from '../trust/credentials.ts';
import { type Identity, type IdentityFiles, pinOfIdentity, writeIdentity } from '../trust/identity.ts';
import type { JoinAnswer, JoinRequest } from '../trust/join.ts';
import type { Member, Roll } from '../trust/members.ts';
import { KeyStatus } from '../trust/rotate.ts';
import type { ClusterKey } from '../trust/seal.ts';
import { openTrust, type Trust } from '../trust/trust.ts';
import { type WhoMaySpeak, whoMaySpeak } from '../trust/who-may-speak.ts';
import { type KeyWatch, watchKeys } from './key-watch.ts';
import { type RollWatch, watchRoll } from './roll-watch.ts';

export interface HostTrustParts {
	/** `<data>/trust` */
	folder: string;
	identity: Identity;
	cluster: string;
	version: string;
	clock: Clock;
	documents: Documents;
	/** As this host takes part now. */
	role(): Member['role'];
	/** Tells the nats-server; in effect when it resolves. */
	apply(identity: Identity, roll: Roll): Promise<void>;
	/** The new certificate is on disk. */
	onRenewed(identity: Identity): void;
	/** A voter does what only voters can. Rejects with HOST_UNREACHABLE. */
	askVoter(host: string, request: VoterRequest): Promise<unknown>;
	/** Tells the other hosts to look at the members now. */
	announce(): void;
	onFailure(thrown: unknown, what: string): void;
}

export type VoterRequest =
	| { type: 'admit'; request: JoinRequest }
	| { type: 'renew'; host: string; request: string }
	| { type: 'addCredential'; wish: CredentialWish }
	| { type: 'renewCredential'; name: string; request: string }
	| { type: 'keyStatus' };

export interface HostTrust {
	trust: Trust;
	identity(): Identity;
	roll(): Roll;
	/** Reads the members now; in effect when it resolves. */
	refresh(): Promise<Roll>;
	/** Somebody said that the members changed. */
	soon(): void;
	/** Lets a machine in, here or through a voter. */
	admit(request: JoinRequest): Promise<JoinAnswer>;
	/** Here or through a voter; in effect on this host when it resolves. */
	addCredential(wish: CredentialWish): Promise<Issued>;
	renewCredential(name: string, request: string): Promise<Issued>;
	/** The cluster keys on this host's disk, newest first; looked for anew when the one of that id is not among them. */
	keysFor(id: string | null): Promise<readonly ClusterKey[]>;
	/** A new cluster key called `id`; the hosts do the rest by themselves. */
	rotateKeys(wish: { id: string; by: string }): Promise<KeyStatus>;
	keyStatus(): Promise<KeyStatus>;
	/** Answers another host that has no access to the authority's key. */
	answerHost(request: VoterRequest): Promise<unknown>;
	stop(): void;
}

const RENEWAL_LOOK_MS = 3_600_000;
const RENEWAL_RETRY_MS = 60_000;

export function startHostTrust(parts: HostTrustParts): HostTrust {
	let identity = parts.identity;
	const watch: RollWatch = watchRoll({
		clock: parts.clock,
		documents: parts.documents,
		known: identity.roll,
		onChange: async (roll) => {
			await parts.apply(identity, roll);
			keep({ ...identity, roll });
		},
		onRead: (documents, roll) => keys.look(documents, roll),
		onFailure: (thrown) => parts.onFailure(thrown, 'the members were not read'),
	});
	const keys: KeyWatch = watchKeys({
		documents: parts.documents,
		identity: () => identity,
		keep,
		role: parts.role,
		now: () => parts.clock.now(),
		announce: parts.announce,
		onFailure: (thrown) => parts.onFailure(thrown, 'the cluster keys were not tended'),
	});
	const trust = openTrust({
		host: identity.host,
		cluster: parts.cluster,
		version: parts.version,
		documents: parts.documents,
		identity: () => identity,
		refresh: async () => {
			const roll = await watch.refresh();
			parts.announce();
			return roll;
		},
		keysFor,
		now: () => parts.clock.now(),
	});

	function keep(next: Identity): void {
		writeIdentity(parts.folder, next);
		identity = next;
	}

	async function renew(): Promise<void> {
		const request = await requestForKey(identity.key);
		const certificate =
			parts.role() === 'voter'
				? await trust.renew(identity.host, request)
				: await byVoter<string>({ type: 'renew', host: identity.host, request });
		keep({ ...identity, certificate });
		await parts.apply(identity, watch.roll());
		parts.onRenewed(identity);
	}

	/** One voter after another: the first may be down. */
	async function byVoter<T>(request: VoterRequest): Promise<T> {
		const voters = watch.roll().members.filter(({ role, host }) => role === 'voter' && host !== identity.host);
		let failure: unknown = null;
		for (const { host } of voters) {
			try {
				return (await parts.askVoter(host, request)) as T;
			} catch (thrown) {
				failure = thrown;
				if ((thrown as { code?: string }).code !== 'HOST_UNREACHABLE') break;
			}
		}
		throw failure ?? new Error('no voter is known');
	}

	async function keysFor(id: string | null): Promise<readonly ClusterKey[]> {
		if (id !== null && !identity.clusterKeys.some((key) => key.id === id)) {
			await watch.refresh();
			await keys.idle();
		}
		return identity.clusterKeys;
	}

	async function keyStatus(): Promise<KeyStatus> {
		return parts.role() === 'voter' ? trust.keyStatus() : KeyStatus.parse(await byVoter({ type: 'keyStatus' }));
	}

	const mustRenew = () => needsRenewal(identity.certificate, parts.clock.now());
	const renewals = repeat({
		clock: parts.clock,
		everyMs: () => (mustRenew() ? RENEWAL_RETRY_MS : RENEWAL_LOOK_MS),
		firstMs: 0,
		look: async () => mustRenew() && (await renew()),
		onFailure: (thrown) => parts.onFailure(thrown, 'the certificate was not renewed'),
	});
	return {
		trust,
		identity: () => identity,
		roll: () => watch.roll(),
		refresh: watch.refresh,
		soon: watch.soon,
		admit: (request) => (parts.role() === 'voter' ? trust.admit(request) : byVoter<JoinAnswer>({ type: 'admit', request })),
		async addCredential(wish) {
			if (parts.role() === 'voter') return trust.addCredential(wish);
			const issued = await byVoter<Issued>({ type: 'addCredential', wish });
			await watch.refresh();
			return issued;
		},
		renewCredential: (name, request) =>
			parts.role() === 'voter'
				? trust.renewCredential(name, request)
				: byVoter<Issued>({ type: 'renewCredential', name, request }),
		async rotateKeys(wish) {
			await trust.rotateKeys(wish);
			return keyStatus();
		},
		keyStatus,
		keysFor,
		answerHost(request) {
			switch (request.type) {
				case 'admit':
					return trust.admit(request.request);
				case 'renew':
					return trust.renew(request.host, request.request);
				case 'addCredential':
					return trust.addCredential(request.wish);
				case 'renewCredential':
					return trust.renewCredential(request.name, request.request);
				case 'keyStatus':
					return trust.keyStatus();
			}
		},
		stop() {
			renewals.stop();
			watch.stop();
		},
	};
}

/** For the start, before any document was read. */
export const speakers = (files: IdentityFiles, identity: Identity, role: Member['role'], roll: Roll): WhoMaySpeak =>
	whoMaySpeak(files, identity.seed, { host: identity.host, pin: pinOfIdentity(identity), role }, roll);
