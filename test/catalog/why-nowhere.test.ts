import { expect, test } from 'vitest';
import { whyNowhere } from '../../catalog/why-nowhere.ts';

const host = (name: string, ...reasons: string[]) => ({ host: name, reasons });

test('hosts with the same reasons share a sentence, the most common first', () => {
	expect(
		whyNowhere([host('alder', 'it is offline'), host('birch', 'no room', 'no disk'), host('cedar', 'no room', 'no disk')]),
	).toBe('birch, cedar: no room, no disk; alder: it is offline');
});

test('of many hosts some are named', () => {
	const hosts = Array.from({ length: 20 }, (_, number) => host(`h${number}`, 'it is full'));
	expect(whyNowhere(hosts)).toBe('h0, h1, h2, h3, h4, h5, h6 and 13 more: it is full');
	expect(whyNowhere(hosts.slice(0, 8))).toBe('h0, h1, h2, h3, h4, h5, h6, h7: it is full');
});

test('without hosts it says so', () => {
	expect(whyNowhere([])).toBe('no host is known');
});
