import { expect, test } from 'vitest';
import { standingOf } from '../../../machines/host/standing.ts';
import { factFor } from '../../../runtime/host/lost-data.ts';
import { sampleInstallData, sampleRecord } from '../../helpers/sample-record.ts';

const install = (phase: string, failure: string | null = null) => {
	const data = sampleInstallData('notes', 'birch', {
		failure: failure === null ? null : { code: failure, message: '', next: '' },
	});
	return sampleRecord('notes', { view: { phase, words: '', can: {}, since: 0, data } });
};
const birch = (phase: string) => {
	const data = { host: 'birch', cordoned: true, moved: [], stays: [], failure: null, departedAt: 5 };
	return new Map([
		['birch', standingOf(sampleRecord('birch', { kind: 'host', view: { phase, words: '', can: {}, since: 0, data } }))],
	]);
};
const dead = () => true;

test('an install whose host is gone for good is told so', () => {
	expect(factFor(install('unreachable'), birch('forgotten'), dead)).toEqual({
		type: 'host.forgotten',
		host: 'birch',
		how: 'forgotten',
		departedAt: 5,
	});
	expect(factFor(install('running'), birch('left'), dead)).toMatchObject({ how: 'left' });
});

test('not while the host is a member or still to be heard, not twice, and not where nothing is on it', () => {
	expect(factFor(install('unreachable'), birch('forgetting'), dead)).toBeNull();
	expect(factFor(install('unreachable'), new Map(), dead)).toBeNull();
	expect(factFor(install('running'), birch('left'), () => false)).toBeNull();
	expect(factFor(install('error', 'HOST_FORGOTTEN'), birch('forgotten'), dead)).toBeNull();
	expect(factFor(install('rolledBack'), birch('forgotten'), dead)).toBeNull();
});
