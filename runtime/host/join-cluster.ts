// A machine with a token becomes a member. The key made for it is kept until the join is over: killed in the middle, the same
// machine asks again with the same key and token.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { newKeyAndRequest } from '../trust/ca.ts';
import { newSeed, writeIdentity } from '../trust/identity.ts';
import { askToJoin, type JoinerKeys } from '../trust/join-client.ts';
import type { Invitation } from '../trust/tokens.ts';
import { writeFileDurably } from '../trust/write-durably.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { asLeaf, commonSettings, type NewHost } from './new-host.ts';

export interface JoinParts {
	invitation: Invitation;
	wanted: NewHost;
	/** `<data>/trust` */
	folder: string;
	version: string;
}

/** The settings to be written last. Rejects with the cluster's refusal, HOST_UNREACHABLE, FOREIGN_CLUSTER or ADDRESS_IN_USE. */
export async function joinCluster({ invitation, wanted, folder, version }: JoinParts): Promise<ClusterSettings> {
	const joining = joiningFile(folder);
	const { keys, common } = joining.read(invitation.id) ?? joining.keep(invitation.id, await newJoining(wanted));
	const { host, address, ports, witness } = common;
	const { nats, cluster, leaf, http } = ports;
	let admission: Awaited<ReturnType<typeof askToJoin>>;
	try {
		const about = { host, version, address, ports: { nats, cluster, leaf, http }, witness };
		admission = await askToJoin(invitation, keys, about, Date.now);
	} catch (thrown) {
		// Refused for good, not just unanswered: nothing may be left behind.
		if ((thrown as { code?: string }).code !== 'HOST_UNREACHABLE') joining.forget();
		throw thrown;
	}
	const { ca, answer } = admission;
	writeIdentity(folder, {
		schema: 1,
		host,
		ca,
		certificate: answer.certificate,
		key: keys.key,
		seed: keys.seed,
		clusterKeys: answer.clusterKeys,
		roll: answer.roll,
	});
	joining.forget();
	return asLeaf({ ...common, install: answer.install }, answer.cluster, answer.remotes);
}

interface Joining {
	keys: JoinerKeys;
	common: Omit<ClusterSettings, 'role'>;
}

const newJoining = async (wanted: NewHost): Promise<Joining> => ({
	keys: { ...(await newKeyAndRequest()), seed: newSeed() },
	common: await commonSettings(wanted),
});

const Kept = z.object({
	token: z.string(),
	joining: z.object({ keys: z.object({ key: z.string(), request: z.string(), seed: z.string() }), common: z.looseObject({}) }),
});

function joiningFile(folder: string) {
	const file = join(folder, 'joining.json');
	return {
		/** Null unless a join with this token was begun. */
		read(token: string): Joining | null {
			if (!existsSync(file)) return null;
			const kept = Kept.safeParse(JSON.parse(readFileSync(file, 'utf8')));
			return kept.success && kept.data.token === token ? (kept.data.joining as unknown as Joining) : null;
		},
		keep(token: string, joining: Joining): Joining {
			writeFileDurably(file, JSON.stringify({ token, joining }));
			return joining;
		},
		forget: () => rmSync(file, { force: true }),
	};
}
