// Who is alive (DESIGN section 4, Ownership), as a pure reducer: news in, verdicts and questions out.
// Being slow costs seconds; being wrong costs a needless adoption. So a verdict needs silence, an unanswered ping, an
// observer that agrees, and a judge that is in touch itself.
import type { Beat, HeartbeatNews } from '../engine/ports.ts';
import { nextQuestion } from './membership-confirm.ts';
import { type KnownPeer, type MembershipAction, type MembershipObservation, type Question, RULES } from './membership-rules.ts';

export interface Membership {
	me: string;
	peers: Readonly<Record<string, KnownPeer>>;
	connected: boolean;
	/** Since when I listen without interruption. */
	listenSince: number;
	linkChangedAt: number;
	newsAt: number;
	/** Since when more than half are missing, or null. */
	massSince: number | null;
	settled: boolean;
	rounds: number;
}

export type MembershipNews =
	| HeartbeatNews
	/** At least every 500 ms. */
	| { type: 'tick' }
	| { type: 'pinged'; host: string; round: number; answered: boolean }
	| { type: 'observed'; host: string; round: number; agoMs: number | null };

export interface Judgement {
	state: Membership;
	actions: MembershipAction[];
}

/** The link counts as connected from the start: heartbeats are opened on a connection that stands. */
export function newMembership(me: string, now: number): Membership {
	const at = { listenSince: now, linkChangedAt: Number.NEGATIVE_INFINITY, newsAt: now };
	return { me, peers: {}, connected: true, ...at, massSince: null, settled: false, rounds: 0 };
}

export function judge(before: Membership, news: MembershipNews, now: number): Judgement {
	const actions: MembershipAction[] = [];
	let state = awake(before, now, actions);
	state = take(state, news, now, actions);
	state = seekVerdicts(state, now, actions);
	state = { ...state, newsAt: now, settled: isSettled(state, now) };
	if (changed(before, state)) actions.push({ do: 'announce' });
	return { state, actions };
}

export const isSettled = (state: Membership, now: number) => state.connected && now - state.listenSince >= RULES.settleMs;

/** After a gap of my own I know nothing: questions are void, listening begins anew. A clock set back counts as one. */
function awake(state: Membership, now: number, actions: MembershipAction[]): Membership {
	const gap = now - state.newsAt;
	if (gap >= 0 && gap <= RULES.frozenMs) return state;
	actions.push({ do: 'observe', observation: { type: 'judgeWasFrozen', forMs: gap } });
	return { ...withoutQuestions(state), listenSince: now, massSince: null };
}

function take(state: Membership, news: MembershipNews, now: number, actions: MembershipAction[]): Membership {
	switch (news.type) {
		case 'heard':
			return hear(state, news.beat, news.skewMs, now, actions);
		case 'back':
			return hear(state, news.beat, null, now, actions);
		case 'silent':
			return suspect(state, news, now, actions);
		case 'link':
			if (news.connected === state.connected) return state;
			return { ...withoutQuestions(state), connected: news.connected, listenSince: now, linkChangedAt: now, massSince: null };
		case 'pinged':
			return answer(state, news.host, news.round, { pinged: news.answered });
		case 'observed':
			return answer(state, news.host, news.round, { observed: { agoMs: news.agoMs } });
		case 'tick':
			return state;
	}
}

function hear(state: Membership, beat: Beat, skewMs: number | null, now: number, actions: MembershipAction[]): Membership {
	const known = state.peers[beat.host];
	// An older life still talking is a zombie; it must not look like a return.
	if (beat.host === state.me || (known && beat.incarnation < known.incarnation)) return state;
	const { host, incarnation, machines, adopting, blinked } = beat;
	const skewed = skewMs === null ? (known?.skewed ?? false) : Math.abs(skewMs) > RULES.skewMs;
	const fresh = { status: 'alive', heardAt: now, question: null, mute: [], pardonedUntil: 0 } as const;
	const observe = (observation: MembershipObservation) => actions.push({ do: 'observe', observation });
	if (!known) observe({ type: 'hostJoined', host, incarnation });
	else if (known.incarnation < incarnation) observe({ type: 'hostRestarted', host, incarnation, before: known.incarnation });
	else if (known.status !== 'alive') observe({ type: 'hostBack', host, incarnation });
	if (skewed && !known?.skewed) observe({ type: 'clockSkew', code: 'CLOCK_SKEW', host, skewMs: skewMs ?? 0 });
	return withPeer(state, {
		host,
		incarnation,
		machines,
		adopting,
		blinked,
		skewed,
		skewMs: skewMs ?? known?.skewMs ?? null,
		...fresh,
		mute: [],
	});
}

function suspect(
	state: Membership,
	news: HeartbeatNews & { type: 'silent' },
	now: number,
	actions: MembershipAction[],
): Membership {
	const peer = state.peers[news.host];
	if (peer?.status !== 'alive' || peer.incarnation !== news.incarnation) return state;
	const { host, incarnation } = peer;
	actions.push({ do: 'observe', observation: { type: 'hostSuspect', host, incarnation, silentMs: news.forMs } });
	return withPeer(state, { ...peer, status: 'suspect', heardAt: now - news.forMs });
}

function answer(
	state: Membership,
	host: string,
	round: number,
	part: Partial<Pick<Question, 'pinged' | 'observed'>>,
): Membership {
	const peer = state.peers[host];
	if (peer?.question?.round !== round) return state;
	return withPeer(state, { ...peer, question: { ...peer.question, ...part } });
}

function seekVerdicts(before: Membership, now: number, actions: MembershipAction[]): Membership {
	let state = { ...before, massSince: massSince(before, now) };
	if (!mayJudge(state, now)) return withoutQuestions(state);
	for (const peer of Object.values(state.peers)) {
		if (peer.status !== 'suspect' || now < peer.pardonedUntil) continue;
		if (peer.blinked && now - peer.heardAt < RULES.suspectBlinkedMs) continue;
		const step = nextQuestion(peer, observersOf(state, peer.host), state.rounds + 1, now);
		if (step.do === 'ask') state = { ...state, rounds: state.rounds + 1 };
		if (step.do !== 'wait') state = withPeer(state, step.peer);
		if (step.do !== 'wait') actions.push(...step.actions);
	}
	return state;
}

/** Never while I may be the one who is cut off. */
export function mayJudge(state: Membership, now: number): boolean {
	if (!isSettled(state, now) || now - state.linkChangedAt < RULES.blinkMs) return false;
	return state.massSince === null || now - state.massSince >= RULES.massMs;
}

/** With a single peer "more than half" would be every death. */
function massSince(state: Membership, now: number): number | null {
	const counted = Object.values(state.peers).filter((peer) => peer.status !== 'dead');
	const missing = counted.filter((peer) => peer.status === 'suspect');
	return counted.length > 1 && missing.length * 2 > counted.length ? (state.massSince ?? now) : null;
}

function observersOf(state: Membership, about: string): string[] {
	const able = Object.values(state.peers).filter((peer) => peer.status === 'alive' && !peer.blinked && peer.host !== about);
	return able.map((peer) => peer.host).sort();
}

function withPeer(state: Membership, peer: KnownPeer): Membership {
	return { ...state, peers: { ...state.peers, [peer.host]: peer } };
}

function withoutQuestions(state: Membership): Membership {
	if (!Object.values(state.peers).some((peer) => peer.question)) return state;
	const peers = Object.values(state.peers).map((peer) => [peer.host, { ...peer, question: null }] as const);
	return { ...state, peers: Object.fromEntries(peers) };
}

function changed(before: Membership, after: Membership): boolean {
	if (before.settled !== after.settled) return true;
	const seen = ({ peers }: Membership) =>
		JSON.stringify(
			Object.values(peers).map(({ host, incarnation, machines, adopting, status }) => [
				host,
				incarnation,
				machines,
				adopting,
				status,
			]),
		);
	return before.peers !== after.peers && seen(before) !== seen(after);
}
