// What can be wrong with a network, as rules for its links. Pure.
import type { LinkRule } from './wire.ts';

/** Hosts of different groups neither hear nor reach each other; who is in no group is alone. */
export function split(hosts: readonly string[], groups: readonly (readonly string[])[]): LinkRule[] {
	const groupOf = (host: string) => groups.findIndex((group) => group.includes(host));
	return pairs(hosts)
		.filter(([from, to]) => groupOf(from) === -1 || groupOf(from) !== groupOf(to))
		.map(([from, to]) => cut(from, to));
}

/** `from` is heard by none of `to`; it still hears them. */
export const oneWay = (from: string, to: readonly string[]): LinkRule[] =>
	to.filter((one) => one !== from).map((one) => cut(from, one));

/** Every frame between any two is late, and some are lost. */
export const slow = (hosts: readonly string[], delayMs: number, loss: number): LinkRule[] =>
	pairs(hosts).map(([from, to]) => ({ from, to, delayMs, loss }));

const cut = (from: string, to: string): LinkRule => ({ from, to, loss: 1, delayMs: 0 });

const pairs = (hosts: readonly string[]): [string, string][] =>
	hosts.flatMap((from) => hosts.filter((to) => to !== from).map((to): [string, string] => [from, to]));
