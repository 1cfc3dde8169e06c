// Where the data of an earlier install of the same name is: an app that had data does not begin on an empty copy elsewhere (V9). Pure.
import type { Candidate, Wish } from './candidate.ts';

/** Why each host is out, by host. Nothing where there is no such data, or the app of the wish is not said. */
export function ruledOutByData(candidates: readonly Candidate[], { instance, app, fresh }: Wish): ReadonlyMap<string, string> {
	const out = new Map<string, string>();
	if (app === undefined) return out;
	const copies = candidates.flatMap(({ facts }) =>
		(facts.data ?? []).filter((one) => one.instance === instance).map((one) => ({ ...one, host: facts.host })),
	);
	const own = copies.filter((one) => one.app === app).sort((a, b) => b.lastHealthy - a.lastHealthy);
	const [newest] = fresh ? [] : own;
	if (newest)
		for (const { facts } of candidates) if (facts.host !== newest.host) out.set(facts.host, `its data is on ${newest.host}`);
	if (fresh) for (const { host } of own) out.set(host, 'data of an earlier one is there');
	for (const one of copies) if (one.app !== app) out.set(one.host, `data kept there under that name belongs to ${one.app}`);
	return out;
}
