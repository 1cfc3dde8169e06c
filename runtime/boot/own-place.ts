// This host's place among the members: that it still is one, its streams, whom it trusts, its certificate, its own member document.

import { keepReplicasCurrent } from '../../nats/stuck-replicas.ts';
import { toWire } from '../engine/errors.ts';
import { type HostTrust, startHostTrust } from '../host/host-trust.ts';
import { keepMember } from '../host/keep-member.ts';
import type { HostLog } from '../host/log.ts';
import { ownMember } from '../host/own-trust.ts';
import { realClock } from '../host/real-clock.ts';
import type { KeysFor } from '../host/sealed-vault.ts';
import { hasFoundingToPublish, publishFounding } from '../trust/founding.ts';
import type { Identity } from '../trust/identity.ts';
import type { ClusterKey } from '../trust/seal.ts';
import type { OwnLinks } from './own-links.ts';
import { type OwnMembershipParts, watchOwnMembership } from './own-membership.ts';
import { prepareStore } from './own-server.ts';
import { VERSION } from './version.ts';

export interface OwnPlaceParts
	extends Pick<OwnMembershipParts, 'host' | 'folder' | 'own' | 'lostSince' | 'endApps' | 'onDeparted'> {
	line: OwnLinks;
	log: HostLog;
	/** Aborted when this host is to end. */
	signal: AbortSignal;
	/** The new certificate is on disk. */
	onRenewed(identity: Identity): void;
	/** Somebody joined, left or changed. */
	onMembers(): void;
}

export interface OwnPlace {
	/** Null in an open cluster. */
	trust: HostTrust | null;
	keysFor: KeysFor;
	/** Rejects with HOST_FORGOTTEN when this host is told so before it is up. */
	refused: Promise<never>;
	stop(): void;
}

/** Waits for the other voters as long as it takes. Rejects with HOST_FORGOTTEN. */
export async function takeOwnPlace(parts: OwnPlaceParts): Promise<OwnPlace> {
	const { own, line, log } = parts;
	const { links, announce } = line;
	const { mine, role } = own;
	const { cluster } = own.settings().role;
	let trust: HostTrust | null = null;
	const membership = watchOwnMembership({ ...parts, documents: links.documents, roll: () => trust?.roll() ?? null });
	await Promise.race([prepareStore(own, parts.signal, log), membership.refused]);
	if (mine && hasFoundingToPublish(mine.folder))
		await publishFounding(mine.folder, links.documents, {
			cluster,
			clusterKey: mine.identity.clusterKeys[0] as ClusterKey,
			now: Date.now(),
		});
	trust =
		mine &&
		startHostTrust({
			...mine,
			cluster,
			version: VERSION,
			clock: realClock,
			documents: links.documents,
			role,
			apply: own.follow,
			onRenewed: parts.onRenewed,
			askVoter: links.askHost,
			announce,
			onFailure: (thrown, what) => log.warn({ error: toWire(thrown) }, what),
		});
	const refresh = () => {
		trust?.soon();
		parts.onMembers();
	};
	line.onMembersChanged(refresh);
	const keepingMember = keepMember(realClock, links.documents, ownMember(own.settings(), mine, VERSION), role, {
		written: refresh,
		failure: (thrown) => log.warn({ error: toWire(thrown) }, 'the own member document was not written'),
	});
	const replicas = keepReplicasCurrent({
		server: own.nats,
		clock: realClock,
		now: () => performance.now(),
		onSteppedDown: (stream) => log.warn({ type: 'steppedDown', stream }, 'a replica was stuck: another server leads the stream'),
		onFailure: (thrown) => log.warn({ error: toWire(thrown) }, 'a stuck replica was not helped'),
	});
	return {
		trust,
		keysFor: async (id) => trust?.keysFor(id) ?? [],
		refused: membership.refused,
		stop() {
			keepingMember.stop();
			replicas.stop();
			membership.stop();
			trust?.stop();
		},
	};
}
