// Who votes: the group of servers that know all streams, seen from a voter of this host and changed through its SYS account.
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import { type NatsConnection, parseJson, request } from './connect.ts';
import { routedToNow } from './monitor.ts';
import { waitUntil } from './wait.ts';

export interface Voting {
	/** Server name of the leader. */
	leader: string;
	/** Server names, sorted: `alder-1`. */
	voters: string[];
	/** Those of them that the leader has no connection to. */
	away: string[];
}

const Meta = z.looseObject({
	leader: z.string().optional(),
	replicas: z.array(z.looseObject({ name: z.string(), offline: z.boolean().optional() })).nullish(),
});
const Answer = z.looseObject({
	server: z.looseObject({ name: z.string() }),
	data: z.looseObject({ meta_cluster: Meta.optional() }).optional(),
});

/** The group as its leader knows it; null while none answers. `sys` is a connection of the account SYS to a voter. */
export async function votingGroup(sys: NatsConnection, deadlineMs = 2_000): Promise<Voting | null> {
	try {
		const reply = await request(sys, '$SYS.REQ.SERVER.PING.JSZ', JSON.stringify({ leader_only: true }), { deadlineMs });
		const { server, data } = Answer.parse(parseJson(reply.data));
		const meta = data?.meta_cluster;
		if (!meta || meta.leader !== server.name) return null;
		const others = meta.replicas ?? [];
		return {
			leader: server.name,
			voters: [server.name, ...others.map(({ name }) => name)].sort(),
			away: others.filter(({ offline }) => offline === true).map(({ name }) => name),
		};
	} catch (error) {
		if (isSilence(error)) return null;
		throw error;
	}
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
		if (isSilence(error)) return error.message;
		throw error;
	}
}

/**
 * Resolves when the leader counts the server, which runs on this host, and it has a route to every other voter that is up. Rejects with
 * STORE_UNAVAILABLE saying what is missing.
 */
export async function waitVoting(
	connectSys: () => Promise<NatsConnection>,
	server: { name: string; monitorPort: number },
	limitMs = 60_000,
): Promise<Voting> {
	const sys = await connectSys();
	let seen: Voting | null = null;
	let why = '';
	try {
		const isVoting = async () => {
			seen = await votingGroup(sys, 1_000);
			why = missing(seen, server.name, await routedToNow(server.monitorPort));
			return why === '';
		};
		if ((await waitUntil(isVoting, limitMs, 100)) && seen !== null) return seen;
	} finally {
		await sys.close();
	}
	throw new CoveyError('STORE_UNAVAILABLE', `${server.name} does not vote after ${limitMs / 1000} s: ${why}.`);
}

function missing(voting: Voting | null, self: string, routes: readonly string[]): string {
	if (voting === null) return 'no leader answers';
	if (!voting.voters.includes(self)) return `${voting.leader} does not count it`;
	const unrouted = voting.voters.filter((name) => name !== self && !routes.includes(name) && !voting.away.includes(name));
	return unrouted.length === 0 ? '' : `it has no route to ${unrouted.join(', ')}`;
}

const isSilence = (error: unknown): error is CoveyError =>
	error instanceof CoveyError && (error.code === 'TIMEOUT' || error.code === 'NO_ANSWER');
