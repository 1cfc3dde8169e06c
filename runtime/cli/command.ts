// covey remove, start, stop, restart, cancel, retry: one command for one install; the last two for any actor.
import { ExactVersion } from '../../catalog/quantity.ts';
import { HOST_RESTING } from '../../machines/host/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { refText } from '../engine/record.ts';
import { actorRef } from './actor-name.ts';
import { follow } from './follow.ts';
import type { Session } from './session.ts';
import { orNoQuorum } from './why-refused.ts';

export interface Verb {
	command: string;
	/** The resting phases that mean it is done. */
	wanted: readonly string[];
}

export const VERBS = {
	remove: { command: 'install.remove', wanted: ['removed'] },
	start: { command: 'install.start', wanted: ['running'] },
	stop: { command: 'install.stop', wanted: ['stopped'] },
	restart: { command: 'install.restart', wanted: ['running'] },
	cancel: { command: 'install.cancel', wanted: ['rolledBack', 'failed'] },
	'accept-data': { command: 'install.acceptData', wanted: ['running'] },
	update: { command: 'install.update', wanted: ['running'] },
	retry: { command: 'install.retry', wanted: ['running'] },
} as const satisfies Record<string, Verb>;

export async function command(
	session: Session,
	verb: Verb,
	name: string,
	options: { wait?: boolean; deleteData?: boolean; force?: boolean; to?: string },
): Promise<number> {
	const ref = actorRef(name);
	if (options.to !== undefined && !ExactVersion.safeParse(options.to).success)
		throw new CoveyError('USAGE', `--to takes one exact version like 1.2.3, not "${options.to}".`);
	return session.withClient(async (client) => {
		// A parked actor takes one command only, which retry stands for.
		const parked = verb.command === 'install.retry' && (await client.ask('show', { actor: refText(ref) })).actor.parked !== null;
		const type = parked ? 'actor.unpark' : verb.command.replace(/^install\./, `${ref.kind}.`);
		const { deleteData, force, to } = options;
		const payload = {
			...(deleteData ? { deleteData } : {}),
			...(force ? { force } : {}),
			...(to === undefined ? {} : { version: to }),
		};
		const send = () => orNoQuorum(client, () => client.command(ref, { type, ...payload }));
		if (options.wait) return follow(session, client, ref, ref.kind === 'install' ? verb.wanted : HOST_RESTING, send);
		const reply = await send();
		session.show(
			{ instance: ref.id, phase: reply.phase, seq: reply.seq },
			() =>
				`${ref.id} is ${reply.phase}; this is durable. Follow it with: covey show ${ref.kind === 'install' ? ref.id : refText(ref)}`,
		);
		return 0;
	});
}
