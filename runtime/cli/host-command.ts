// covey cordon, uncordon, drain, undrain, leave, forget: one command for one host.
import { hostRef } from '../../machines/host/contract.ts';
import { assertKnown } from '../api/impact.ts';
import { CoveyError } from '../engine/errors.ts';
import { Name, refText } from '../engine/record.ts';
import type { Client } from './client.ts';
import { follow } from './follow.ts';
import type { Session } from './session.ts';
import { orNoQuorum } from './why-refused.ts';

export interface HostVerb {
	command: string;
	/** The resting phases that mean it is done. */
	wanted: readonly string[];
	/** What is found out only on the way is always followed to the end. */
	follows: boolean;
}

export const HOST_VERBS = {
	cordon: { command: 'host.cordon', wanted: ['cordoned'], follows: false },
	uncordon: { command: 'host.uncordon', wanted: ['member'], follows: false },
	drain: { command: 'host.drain', wanted: ['drained'], follows: false },
	undrain: { command: 'host.undrain', wanted: ['member'], follows: false },
	leave: { command: 'host.leave', wanted: ['left'], follows: true },
	forget: { command: 'host.forget', wanted: ['forgotten'], follows: true },
} as const satisfies Record<string, HostVerb>;

export interface HostCommandOptions {
	wait?: boolean;
	force?: boolean;
	abandon?: boolean;
}

export async function hostCommand(session: Session, verb: HostVerb, host: string, options: HostCommandOptions): Promise<number> {
	if (!Name.safeParse(host).success) throw new CoveyError('USAGE', `"${host}" cannot be the name of a host.`);
	const ref = hostRef(host);
	return session.withClient(async (client) => {
		const send = () =>
			orNoQuorum(client, () => client.command(ref, { type: verb.command, ...(options.force ? { force: true } : {}) })).catch(
				(thrown: unknown) => explain(client, host, thrown),
			);
		if (options.wait || verb.follows) return follow(session, client, ref, verb.wanted, send);
		const reply = await send();
		session.show(
			{ host, phase: reply.phase, seq: reply.seq },
			() =>
				`${host} is ${reply.phase === 'member' ? 'an ordinary member' : reply.phase}; this is durable. See it with: covey show ${refText(ref)}`,
		);
		return 0;
	});
}

/** A host without an actor is none: the nearest names help more. */
async function explain(client: Client, host: string, thrown: unknown): Promise<never> {
	if (thrown instanceof CoveyError && thrown.code === 'UNKNOWN_ACTOR') assertKnown(host, (await client.ask('hosts', {})).hosts);
	throw thrown;
}
