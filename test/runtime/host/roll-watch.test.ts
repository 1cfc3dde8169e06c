import { expect, onTestFinished, test } from 'vitest';
import type { Documents } from '../../../runtime/engine/ports.ts';
import { realClock } from '../../../runtime/host/real-clock.ts';
import { watchRoll } from '../../../runtime/host/roll-watch.ts';
import type { Member, Roll } from '../../../runtime/trust/members.ts';
import { sampleMember } from '../../helpers/sample-member.ts';

const member = (host: string, forgottenAt: number | null = null): Member =>
	sampleMember(host, { pin: 'a'.repeat(64), nkey: `U${'A'.repeat(55)}`, forgottenAt });

/** A store whose listing the test decides. */
function watched(first: { member: Member; revision: number }[]) {
	let listing = first;
	const changes: string[][] = [];
	const documents = {
		list: async () => listing.map(({ member: value, revision }) => ({ key: `member-${value.host}`, value, revision })),
	} as unknown as Documents;
	const watch = watchRoll({
		clock: realClock,
		documents,
		known: { members: [], credentials: [] },
		onChange: async (roll: Roll) => void changes.push(roll.members.map(({ host }) => host)),
		onFailure: (thrown) => {
			throw thrown;
		},
	});
	onTestFinished(() => watch.stop());
	const now = (next: typeof listing) => {
		listing = next;
		return watch.refresh();
	};
	return { watch, changes, now };
}

test('a change is told once, in effect before the refresh ends; a forgotten member is left out', async () => {
	const { watch, changes, now } = watched([{ member: member('birch'), revision: 2 }]);
	await watch.refresh();
	await now([
		{ member: member('birch'), revision: 2 },
		{ member: member('alder'), revision: 3 },
	]);
	await watch.refresh();
	await now([
		{ member: member('birch', 5), revision: 4 },
		{ member: member('alder'), revision: 3 },
	]);
	expect(changes).toEqual([['birch'], ['alder', 'birch'], ['alder']]);
	expect(watch.roll().members.map(({ host }) => host)).toEqual(['alder']);
});

test('a replica that lags behind throws nobody out, and neither does a document that is not there yet', async () => {
	const { watch, changes, now } = watched([{ member: member('birch'), revision: 7 }]);
	await watch.refresh();
	await now([{ member: member('alder'), revision: 3 }]);
	await now([]);
	expect(changes).toEqual([['birch']]);
	await now([{ member: member('alder'), revision: 8 }]);
	expect(changes).toEqual([['birch'], ['alder', 'birch']]);
	expect(watch.roll().members).toHaveLength(2);
});
