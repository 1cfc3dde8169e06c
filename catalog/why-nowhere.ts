// Why no host takes an app, in one sentence however many hosts there are. Pure.

/** `alder, birch: it is offline; cedar: it is cordoned`; the reasons of most hosts first. */
export function whyNowhere(hosts: readonly { host: string; reasons: readonly string[] }[]): string {
	const byReason = new Map<string, string[]>();
	for (const { host, reasons } of hosts) {
		const why = reasons.join(', ');
		byReason.set(why, [...(byReason.get(why) ?? []), host]);
	}
	const groups = [...byReason].sort(([, a], [, b]) => b.length - a.length);
	return groups.map(([why, names]) => `${namesOf(names)}: ${why}`).join('; ') || 'no host is known';
}

const MOST_NAMES = 8;

const namesOf = (names: readonly string[]): string =>
	names.length <= MOST_NAMES
		? names.join(', ')
		: `${names.slice(0, MOST_NAMES - 1).join(', ')} and ${names.length - MOST_NAMES + 1} more`;
