import { expect, test } from 'vitest';
import { isPassing } from '../../nats/passing.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';

const noQuorum = (up: string[]) => new CoveyError('NO_QUORUM', 'no', { details: { needed: 2, voters: 3, up, away: [] } });

test('without a majority in sight nobody waits; with one the next leader is waited for', () => {
	expect(isPassing(noQuorum(['alder']))).toBe(false);
	expect(isPassing(noQuorum(['alder', 'birch']))).toBe(true);
	expect(isPassing(new CoveyError('NO_QUORUM', 'no'))).toBe(false);
});

test('silence and moves pass, refusals stay', () => {
	expect(isPassing(new CoveyError('TIMEOUT', 'late'))).toBe(true);
	expect(isPassing(new CoveyError('NAME_TAKEN', 'taken'))).toBe(false);
	expect(isPassing(new Error('other'))).toBe(false);
});
