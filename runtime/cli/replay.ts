// covey replay ACTOR
import { refText } from '../engine/record.ts';
import { actorRef } from './actor-name.ts';
import type { Session } from './session.ts';

export async function replay(session: Session, name: string): Promise<number> {
	const answer = await session.withClient((client) => client.ask('replay', { actor: refText(actorRef(name)) }));
	session.show(answer, () =>
		answer.equal
			? `${answer.actor}: ${answer.steps} recorded steps, folded again, lead to the recorded states.`
			: session.paint.red(`${answer.actor} differs after ${answer.steps} steps. ${answer.difference}`),
	);
	return answer.equal ? 0 : 1;
}
