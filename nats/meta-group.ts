// Who votes: the group of servers that know all streams, seen from a voter of this host and changed through its SYS account.
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import { type NatsConnection, parseJson, request } from './connect.ts';
import { routedTo } from './monitor.ts';
import { waitUntil } from './wait.ts';

export interface Voting {
	/** Server name of the leader. */
	leader: string;
	/** Server names, sorted: `alder-1`. */
	voters: string[];
}

const Page = z.looseObject({
	disabled: z.boolean().optional(),
	meta_cluster: z
		.looseObject({ leader: z.string().optional(), replicas: z.array(z.looseObject({ name: z.string() })).nullish() })
		.optional(),
});

/** The group as `server` knows it; null while it does not vote, does not answer, or knows no leader. */
export async function votingGroup(server: { name: string; monitorPort: number }): Promise<Voting | null> {
	const page = await fetch(`http://127.0.0.1:${server.monitorPort}/jsz`, { signal: AbortSignal.timeout(2_000) })
		.then((response) => response.json())
		.catch(() => null);
	const parsed = Page.safeParse(page);
	if (!parsed.success || parsed.data.disabled === true) return null;
	const meta = parsed.data.meta_cluster;
	if (!meta?.leader) return null;
	return { leader: meta.leader, voters: [server.name, ...(meta.replicas ?? []).map(({ name }) => name)].sort() };
}

const Removed = z.object({ error: z.object({ err_code: z.number().optional(), description: z.string().optional() }).optional() });
const NOT_A_MEMBER = 10_044;
const REMOVE_EVERY_MS = 500;

/**
 * Takes a server out of the group; a live one switches its JetStream off at once. Its name cannot come back for five minutes.
 * Nothing happens when it is not in it. During an election nobody answers, so it is asked again. Rejects with STORE_UNAVAILABLE.
 */
export async function removeVoter(connectSys: () => Promise<NatsConnection>, name: string, limitMs = 30_000): Promise<void> {
	const sys = await connectSys();
	let why = 'nobody answers';
	try {
		const removed = await waitUntil(
			async () => {
				const answer = await askRemoval(sys, name);
				if (answer === 'gone') return true;
				why = answer;
				return false;
			},
			limitMs,
			REMOVE_EVERY_MS,
		);
		if (removed) return;
	} finally {
		await sys.close();
	}
	throw new CoveyError('STORE_UNAVAILABLE', `${name} could not be taken out of the voters in ${limitMs / 1000} s: ${why}.`);
}

async function askRemoval(sys: NatsConnection, name: string): Promise<'gone' | (string & {})> {
	try {
		const reply = await request(sys, '$JS.API.SERVER.REMOVE', JSON.stringify({ peer: name }), { deadlineMs: 2_000 });
		const { error } = Removed.parse(parseJson(reply.data));
		return !error || error.err_code === NOT_A_MEMBER ? 'gone' : (error.description ?? 'it refused');
	} catch (error) {
		if (error instanceof CoveyError && (error.code === 'TIMEOUT' || error.code === 'NO_ANSWER')) return error.message;
		throw error;
	}
}

/** Resolves when `server` votes and has a route to every other voter. Rejects with STORE_UNAVAILABLE saying what is missing. */
export async function waitVoting(server: { name: string; monitorPort: number }, limitMs = 60_000): Promise<Voting> {
	let seen: Voting | null = null;
	let routes: string[] = [];
	const voting = await waitUntil(
		async () => {
			seen = await votingGroup(server);
			routes = await routedTo(server.monitorPort).catch(() => []);
			return seen !== null && missingRoutes(seen, server.name, routes).length === 0;
		},
		limitMs,
		100,
	);
	if (voting && seen !== null) return seen;
	const why = seen === null ? 'it knows no leader' : `it has no route to ${missingRoutes(seen, server.name, routes).join(', ')}`;
	throw new CoveyError('STORE_UNAVAILABLE', `${server.name} does not vote after ${limitMs / 1000} s: ${why}.`);
}

const missingRoutes = (voting: Voting, self: string, routes: readonly string[]): string[] =>
	voting.voters.filter((name) => name !== self && !routes.includes(name));
