// covey voters [3|5]: who holds the cluster's data, and how many shall.
import { VOTERS_RESTING, VotersData, votersRef } from '../../machines/voters/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { refText } from '../engine/record.ts';
import { follow } from './follow.ts';
import type { Session } from './session.ts';
import { orNoQuorum } from './why-refused.ts';

export interface VotersOptions {
	wait?: boolean;
}

export async function voters(session: Session, wanted: string | undefined, options: VotersOptions): Promise<number> {
	if (wanted === undefined) return show(session);
	if (wanted !== '3' && wanted !== '5') throw new CoveyError('USAGE', 'A cluster has 3 or 5 voters; with fewer hosts, one.');
	return session.withClient(async (client) => {
		const send = () => orNoQuorum(client, () => client.command(votersRef, { type: 'voters.want', voters: Number(wanted) }));
		if (options.wait) return follow(session, client, votersRef, VOTERS_RESTING, send);
		const { phase, seq } = await send();
		session.show(
			{ wanted: Number(wanted), phase, seq },
			() => `${wanted} voters are wanted, as soon as there are so many hosts; this is durable. See: covey voters`,
		);
		return 0;
	});
}

async function show(session: Session): Promise<number> {
	const { actor, data } = await session.withClient((client) => client.ask('show', { actor: refText(votersRef) }));
	const standing = VotersData.parse(data);
	session.show({ phase: actor.phase, words: actor.words, ...standing }, () =>
		[
			actor.words,
			`${standing.wanted} are wanted when there are so many hosts${standing.wanted === 3 ? '; for five: covey voters 5' : ''}.`,
			...(standing.failure ? [session.paint.red(standing.failure.message), standing.failure.next] : []),
		].join('\n'),
	);
	return 0;
}
