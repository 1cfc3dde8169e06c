import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Beat } from '../../../runtime/engine/ports.ts';
import { judge, type Membership, type MembershipNews, newMembership } from '../../../runtime/host/membership-judge.ts';
import { type MembershipAction, RULES } from '../../../runtime/host/membership-rules.ts';

const beat = (host: string, change: Partial<Beat> = {}): Beat => ({
	host,
	incarnation: 1,
	at: 0,
	machines: ['install@1'],
	adopting: true,
	blinked: false,
	...change,
});
const heard = (host: string, change: Partial<Beat> = {}, skewMs = 0): MembershipNews => ({
	type: 'heard',
	beat: beat(host, change),
	skewMs,
});
const silent = (host: string, incarnation = 1): MembershipNews => ({ type: 'silent', host, incarnation, forMs: 1_500 });

/** A judge with its clock; `answer` decides what hosts and observers say, at once. */
function court(answer: (action: MembershipAction) => MembershipNews | null = deaf) {
	let now = 1_000_000;
	let state = newMembership('alder', now);
	const actions: MembershipAction[] = [];
	function give(...news: MembershipNews[]) {
		for (const item of news) {
			const judgement = judge(state, item, now);
			state = judgement.state;
			actions.push(...judgement.actions);
			give(...judgement.actions.map(answer).filter((reply) => reply !== null));
		}
	}
	return {
		give,
		pass(ms: number) {
			for (const end = now + ms; now < end; ) {
				now = Math.min(end, now + 250);
				give({ type: 'tick' });
			}
		},
		freeze(ms: number) {
			now += ms;
		},
		status: (host: string) => state.peers[host]?.status,
		get state() {
			return state;
		},
		seen: (type: string) => actions.filter((action) => action.do === 'observe' && action.observation.type === type),
		asked: () => actions.filter((action) => action.do === 'askObserver'),
		actions,
	};
}

const deaf = (action: MembershipAction): MembershipNews | null =>
	action.do === 'ping'
		? { type: 'pinged', host: action.host, round: action.round, answered: false }
		: action.do === 'askObserver'
			? { type: 'observed', host: action.about, round: action.round, agoMs: 5_000 }
			: null;
const answering = (reply: { answered?: boolean; agoMs?: number | null }) => (action: MembershipAction) => {
	const usual = deaf(action);
	if (usual?.type === 'pinged' && reply.answered !== undefined) return { ...usual, answered: reply.answered };
	return usual?.type === 'observed' && reply.agoMs !== undefined ? { ...usual, agoMs: reply.agoMs } : usual;
};

describe('a verdict', () => {
	test('is spoken over a silent host that does not answer a ping and that another host has not heard either', () => {
		const it = court();
		it.give(heard('birch'), heard('cedar'), heard('dogwood'));
		it.pass(4_000);
		it.give(silent('birch'));
		it.pass(500);
		expect(it.status('birch')).toBe('dead');
		expect(it.asked()).toHaveLength(1);
		expect(it.seen('hostDead')).toHaveLength(1);
	});

	test('needs only the ping where there is no other observer', () => {
		const it = court();
		it.give(heard('birch'));
		it.pass(4_000);
		it.give(silent('birch'));
		it.pass(500);
		expect(it.status('birch')).toBe('dead');
		expect(it.asked()).toHaveLength(0);
	});

	test('is not spoken while the host answers pings, or while an observer hears it', () => {
		for (const reply of [{ answered: true }, { agoMs: 200 }]) {
			const it = court(answering(reply));
			it.give(heard('birch'), heard('cedar'), heard('dogwood'));
			it.pass(4_000);
			it.give(silent('birch'));
			it.pass(20_000);
			expect(it.status('birch')).toBe('suspect');
			expect(it.asked().length).toBeGreaterThan(10);
		}
	});

	test('asks the next observer when one can say nothing, and makes do with the ping when none can', () => {
		const it = court(answering({ agoMs: null }));
		it.give(heard('birch'), heard('cedar'), heard('dogwood'));
		it.pass(4_000);
		it.give(silent('birch'));
		it.pass(500);
		expect(it.asked().map((action) => action.do === 'askObserver' && action.observer)).toEqual(['cedar', 'dogwood']);
		expect(it.status('birch')).toBe('dead');
	});

	test('waits when more than half vanish at once, and is spoken when they stay away', () => {
		const it = court();
		it.give(heard('birch'), heard('cedar'));
		it.pass(4_000);
		it.give(silent('birch'), silent('cedar'));
		it.pass(RULES.massMs - 250);
		expect(it.status('birch')).toBe('suspect');
		it.pass(1_000);
		expect([it.status('birch'), it.status('cedar')]).toEqual(['dead', 'dead']);
	});

	test('waits after my own connection blinked', () => {
		const it = court();
		it.give(heard('birch'));
		it.pass(4_000);
		it.give({ type: 'link', connected: false }, silent('birch'));
		it.pass(10_000);
		expect(it.status('birch')).toBe('suspect');
		it.give({ type: 'link', connected: true });
		it.pass(2_750);
		expect(it.status('birch')).toBe('suspect');
		it.pass(1_000);
		expect(it.status('birch')).toBe('dead');
	});

	test('gives a host more time whose own connection had blinked', () => {
		const it = court();
		it.give(heard('birch', { blinked: true }));
		it.pass(4_000);
		it.give(silent('birch'));
		it.pass(2_000);
		expect(it.status('birch')).toBe('suspect');
		it.pass(1_000);
		expect(it.status('birch')).toBe('dead');
	});

	test('asks again when an answer got lost', () => {
		const it = court(() => null);
		it.give(heard('birch'));
		it.pass(4_000);
		it.give(silent('birch'));
		it.pass(8_000);
		expect(it.actions.filter((action) => action.do === 'ping').length).toBe(3);
	});
});

test('a host that comes back is alive, a restarted one has the new incarnation, and the old life is not heard any more', () => {
	const it = court();
	it.give(heard('birch'));
	it.pass(4_000);
	it.give(silent('birch'), { type: 'back', beat: beat('birch') });
	expect(it.status('birch')).toBe('alive');
	expect(it.seen('hostBack')).toHaveLength(1);
	it.give(heard('birch', { incarnation: 2 }), heard('birch', { incarnation: 1 }), silent('birch', 1));
	expect(it.state.peers.birch).toMatchObject({ incarnation: 2, status: 'alive' });
	expect(it.seen('hostRestarted')).toHaveLength(1);
});

test('a clock more than 500 ms off is told once until it is right again', () => {
	const it = court();
	it.give(heard('birch', {}, -700), heard('birch', {}, 800), heard('birch', {}, 20), heard('birch', {}, 501));
	expect(it.seen('clockSkew')).toHaveLength(2);
});

test('only somebody who listened for three seconds is a judge, and it is announced', () => {
	const it = court();
	it.pass(2_750);
	expect(it.state.settled).toBe(false);
	it.pass(500);
	expect(it.state.settled).toBe(true);
	expect(it.actions).toEqual([{ do: 'announce' }]);
});

const hosts = ['birch', 'cedar', 'dogwood'] as const;
type Step =
	| { do: 'pass'; ms: number }
	| { do: 'jump'; ms: number }
	| { do: 'silent'; host: string; incarnation: number; blinked: boolean }
	| { do: 'heard' | 'back'; host: string; incarnation: number; blinked: boolean }
	| { do: 'link'; connected: boolean }
	| { do: 'answer'; nth: number; answered: boolean; agoMs: number | null };
const about = { host: fc.constantFrom(...hosts), incarnation: fc.integer({ min: 1, max: 3 }), blinked: fc.boolean() };
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1_500 }) }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -5_000, max: 60_000 }) }) },
	{ weight: 4, arbitrary: fc.record({ do: fc.constant('silent' as const), ...about }) },
	{ weight: 4, arbitrary: fc.record({ do: fc.constantFrom('heard' as const, 'back' as const), ...about }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('link' as const), connected: fc.boolean() }) },
	{
		weight: 6,
		arbitrary: fc.record({
			do: fc.constant('answer' as const),
			nth: fc.nat(5),
			answered: fc.boolean(),
			agoMs: fc.option(fc.nat(4_000)),
		}),
	},
);

/** What the test itself remembers, to judge the judge. */
interface Witness {
	/** Since when nothing disturbed the judge's own hearing. */
	undisturbedSince: number;
	/** Pings per host that stayed without an answer since it was last heard. */
	unanswered: Map<string, number>;
}

test('whatever happens: no verdict without a ping that failed, none from a judge that did not listen, no way back to an older life', () => {
	let verdicts = 0;
	const property = fc.property(fc.array(arbitraryStep, { minLength: 30, maxLength: 120 }), (steps) => {
		let now = 1_000_000;
		let state = newMembership('alder', now);
		const witness: Witness = { undisturbedSince: now, unanswered: new Map() };
		const asked: MembershipAction[] = [];
		const give = (news: MembershipNews) => {
			if (now - state.newsAt > RULES.frozenMs || now < state.newsAt) witness.undisturbedSince = now;
			if (news.type === 'link' && news.connected !== state.connected) witness.undisturbedSince = now;
			const before = state;
			const judgement = judge(state, news, now);
			state = judgement.state;
			asked.push(...judgement.actions.filter((action) => action.do === 'ping' || action.do === 'askObserver'));
			verdicts += check(before, state, witness, now);
		};
		for (const step of steps) {
			if (step.do === 'pass') {
				for (const end = now + step.ms; now < end; ) {
					now = Math.min(end, now + 250);
					give({ type: 'tick' });
				}
			} else if (step.do === 'jump') now += step.ms;
			else if (step.do === 'link') give({ type: 'link', connected: step.connected });
			else if (step.do === 'silent') {
				// Mostly about the life that is known, else few cases get anywhere.
				const incarnation = step.blinked ? step.incarnation : (state.peers[step.host]?.incarnation ?? 1);
				give({ type: 'silent', host: step.host, incarnation, forMs: 1_500 });
			} else if (step.do === 'answer') {
				const [question] = asked.splice(step.nth % Math.max(1, asked.length), 1);
				if (question?.do === 'ping') {
					if (!step.answered) witness.unanswered.set(question.host, question.round);
					give({ type: 'pinged', host: question.host, round: question.round, answered: step.answered });
				}
				if (question?.do === 'askObserver')
					give({ type: 'observed', host: question.about, round: question.round, agoMs: step.agoMs });
			} else {
				const news = beat(step.host, { incarnation: step.incarnation, blinked: step.blinked });
				if (step.incarnation >= (state.peers[step.host]?.incarnation ?? 0)) witness.unanswered.delete(step.host);
				give(step.do === 'heard' ? { type: 'heard', beat: news, skewMs: 0 } : { type: 'back', beat: news });
			}
		}
	});
	fc.assert(property, { numRuns: 3_000 });
	expect(verdicts).toBeGreaterThan(50);
});

function check(before: Membership, after: Membership, witness: Witness, now: number): number {
	let verdicts = 0;
	for (const host of hosts) {
		const [was, is] = [before.peers[host], after.peers[host]];
		if (was && is && is.incarnation < was.incarnation) throw new Error(`${host} went back to an older life`);
		if (is?.status !== 'dead' || was?.status === 'dead') continue;
		verdicts++;
		if (was?.status !== 'suspect') throw new Error(`${host} was condemned without suspicion`);
		if (!witness.unanswered.has(host)) throw new Error(`${host} was condemned without a ping that failed`);
		if (!after.connected) throw new Error('a judge without a connection');
		if (now - witness.undisturbedSince < RULES.settleMs) throw new Error('a judge that had not listened');
	}
	return verdicts;
}

test('whatever happened before: a host that stays silent and deaf is found dead within ten seconds once the judge is in touch', () => {
	const property = fc.property(fc.array(arbitraryStep, { maxLength: 60 }), (steps) => {
		const it = court();
		for (const step of steps) {
			if (step.do === 'pass') it.pass(step.ms);
			else if (step.do === 'jump') it.freeze(step.ms);
			else if (step.do === 'link') it.give({ type: 'link', connected: step.connected });
			else if (step.do === 'silent') it.give(silent(step.host, step.incarnation));
			else if (step.do !== 'answer') it.give(heard(step.host, { incarnation: step.incarnation, blinked: step.blinked }));
		}
		it.give({ type: 'link', connected: true });
		for (const host of ['cedar', 'dogwood']) it.give(heard(host, { incarnation: 4 }));
		it.give(heard('birch', { incarnation: 4 }), silent('birch', 4));
		it.pass(10_000);
		expect(it.status('birch')).toBe('dead');
		expect(it.status('cedar')).toBe('alive');
	});
	fc.assert(property, { numRuns: 500 });
});
