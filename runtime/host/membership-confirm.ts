// From suspicion to verdict: a direct ping, and one other host that has not heard it either, where there is one.
import { type KnownPeer, type MembershipAction, RULES } from './membership-rules.ts';

export type ConfirmStep = { do: 'wait' } | { do: 'ask' | 'pardon' | 'condemn'; peer: KnownPeer; actions: MembershipAction[] };

/** What comes next for a suspect. `observers`: hosts in good health that may be asked. */
export function nextQuestion(peer: KnownPeer, observers: readonly string[], round: number, now: number): ConfirmStep {
	const { question, host } = peer;
	if (!question) return ask(peer, observers, round, now);
	if (question.pinged === true) return pardon(peer, peer.mute, now);
	if (question.pinged === null || (question.observer !== null && question.observed === null)) {
		const lost = now - question.askedAt > RULES.questionMs;
		return lost ? ask(peer, observers, round, now) : { do: 'wait' };
	}
	const agoMs = question.observed?.agoMs ?? null;
	if (question.observer !== null && agoMs === null) {
		const mute = [...peer.mute, question.observer];
		// Somebody else may know; when nobody can say anything, the ping alone must do.
		if (observers.some((observer) => !mute.includes(observer))) return ask({ ...peer, mute }, observers, round, now);
	} else if (agoMs !== null && agoMs < RULES.suspectMs) return pardon(peer, [], now);
	if (now - question.askedAt < RULES.ponderMs) return { do: 'wait' };
	const observation = { type: 'hostDead', host, incarnation: peer.incarnation, silentMs: now - peer.heardAt } as const;
	return { do: 'condemn', peer: { ...peer, status: 'dead', question: null }, actions: [{ do: 'observe', observation }] };
}

function ask(peer: KnownPeer, observers: readonly string[], round: number, now: number): ConfirmStep {
	const observer = observers.find((name) => !peer.mute.includes(name)) ?? null;
	const actions: MembershipAction[] = [{ do: 'ping', host: peer.host, round }];
	if (observer) actions.push({ do: 'askObserver', observer, about: peer.host, round });
	return { do: 'ask', peer: { ...peer, question: { round, askedAt: now, pinged: null, observer, observed: null } }, actions };
}

function pardon(peer: KnownPeer, mute: string[], now: number): ConfirmStep {
	return { do: 'pardon', peer: { ...peer, question: null, mute, pardonedUntil: now + RULES.pardonMs }, actions: [] };
}
