// A machine with a token becomes a member. The key made for it is kept until the join is over: killed in the middle, the same
// machine asks again with the same key and token.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';
import { newKeyAndRequest } from '../trust/ca.ts';
import { newSeed, writeIdentity } from '../trust/identity.ts';
import { askToJoin, type JoinerKeys } from '../trust/join-client.ts';
import type { Invitation } from '../trust/tokens.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { asLeaf, commonSettings, type NewHost } from './new-host.ts';

export interface JoinParts {
	invitation: Invitation;
	wanted: NewHost;
	/** `<data>/trust` */
	folder: string;
	version: string;
}

const MAX_CHOICES = 4;

/** The settings to be written last. Rejects with the cluster's refusal, HOST_UNREACHABLE, FOREIGN_CLUSTER or ADDRESS_IN_USE. */
export async function joinCluster(parts: JoinParts): Promise<ClusterSettings> {
	const { invitation, wanted, folder } = parts;
	const file = joiningFile(folder);
	let joining = file.read(invitation.id) ?? file.keep(invitation.id, await newJoining(wanted));
	for (let choices = 1; ; choices++) {
		try {
			const settings = await ask(parts, joining);
			file.forget();
			return settings;
		} catch (thrown) {
			const taken = portsTaken(thrown);
			if (taken && choices < MAX_CHOICES) {
				joining = file.keep(invitation.id, { ...joining, common: await commonSettings(wanted, taken) });
				continue;
			}
			// Refused for good, not just unanswered: nothing may be left behind.
			if ((thrown as { code?: string }).code !== 'HOST_UNREACHABLE') file.forget();
			throw thrown;
		}
	}
}

async function ask({ invitation, folder, version }: JoinParts, { keys, common }: Joining): Promise<ClusterSettings> {
	const { host, address, ports, witness } = common;
	const { nats, cluster, leaf, http } = ports;
	const about = { host, version, address, ports: { nats, cluster, leaf, http }, witness };
	const { ca, answer } = await askToJoin(invitation, keys, about, Date.now);
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
	return asLeaf({ ...common, install: answer.install }, answer.cluster, answer.remotes);
}

/** Null unless other hosts of this machine have the ports that were chosen. */
function portsTaken(thrown: unknown): number[] | null {
	const ports = thrown instanceof CoveyError && thrown.code === 'ADDRESS_IN_USE' ? thrown.details?.ports : null;
	return Array.isArray(ports) ? ports.map(Number) : null;
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
			writeDurably(file, JSON.stringify({ token, joining }));
			return joining;
		},
		forget: () => rmSync(file, { force: true }),
	};
}
