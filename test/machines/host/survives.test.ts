import { expect, test } from 'vitest';
import { type Standby, survivesWords } from '../../../machines/host/survives.ts';

/** `alder*` votes, `alder*!` votes and is away, `alder+` is a witness that votes. */
const host = (text: string): Standby => ({
	host: text.replace(/[*!+]/g, ''),
	presence: text.includes('!') ? 'offline' : 'online',
	voter: /[*+]/.test(text),
	witness: text.includes('+'),
});
const words = (text: string) => survivesWords(text.split(' ').map(host));

test('one host: everything stops with it', () => {
	expect(words('alder*')).toEqual([
		'If alder dies, everything stops until it is back: it is the only host. Its data is on its disk only.',
	]);
});

test('two hosts: whose death stops changes, whose does not, and what a third device would do', () => {
	expect(words('alder* birch')).toEqual([
		'If alder dies, apps on birch go on, but nothing can be changed until it is back: it alone votes.',
		'birch may die: everything but its own apps goes on.',
		'A third host, or a witness on any small device (`covey join - --witness`), makes it safe for any one to die.',
	]);
});

test('two hosts and a witness: any one may die', () => {
	expect(words('alder* birch* pi+')).toEqual([
		'Any one of the 3 voting hosts alder, birch, pi may die: everything but the apps on it goes on.',
	]);
});

test('three voters of four hosts', () => {
	expect(words('alder* birch* cedar* dogwood')).toEqual([
		'Any one of the 3 voting hosts alder, birch, cedar may die: everything but the apps on it goes on.',
		'dogwood follows without a vote: if it dies, only its own apps stop.',
	]);
});

test('five voters: two may die', () => {
	expect(words('a* b* c* d* e*')[0]).toMatch(/^Any two of the 5 voting hosts a, b, c, d, e may die/);
});

test('one of three is away: the other two must stay', () => {
	expect(words('alder* birch*! cedar*')[0]).toBe(
		'birch is away: neither alder nor cedar may die now, or nothing can be changed until a voting host is back.',
	);
});

test('two of three are away', () => {
	expect(words('alder* birch*! cedar*!')).toEqual([
		'Nothing can be changed now: 2 of 3 voting hosts are needed, birch and cedar are away. Running apps go on.',
	]);
});

test('the only voter is away', () => {
	expect(words('alder*! birch')[0]).toMatch(/^Nothing can be changed now: 1 of 1 voting hosts is needed, alder is away/);
});
