// What effects may do with this host's own nats-server and with the group of voters. covey.ts puts it together over nats/.
import type { Presence } from '../machines/host/contract.ts';
import type { Documents } from '../runtime/engine/ports.ts';

export interface VotersKit {
	host: string;
	documents: Documents;
	presence(host: string): Presence;
	voters: VoterOps;
}

/** What a host's server is to become. */
export type ServerRole =
	/** `routes`: cluster ports of all voters, its own too. It begins with an empty store. */
	| { role: 'voter'; install: number; routes: string[] }
	/** `remotes`: leaf ports of voters. Whatever its store held is gone. */
	| { role: 'leaf'; install: number; remotes: string[] };

export interface DataStanding {
	/** How many copies there are of the bucket that has the fewest. */
	lowest: number;
	/** How many copies there shall be of the bucket that shall have the most. */
	highest: number;
	/** How many of the buckets each server holds, by server name (`alder-1`). */
	held: Record<string, number>;
	/** Every copy there is has everything. */
	settled: boolean;
	/** Copies of the timeline, and how many there shall be; null while all that hold it are away. */
	timeline: { copies: number; wanted: number } | null;
}

/** Each may be asked again at any time, and does nothing where nothing is to be done. Rejects with STORE_UNAVAILABLE after its own limit. */
export interface VoterOps {
	/** What this host's server is, as its settings on disk say. */
	running(): { role: 'voter' | 'leaf'; install: number };
	/**
	 * Settings on disk first, then the server starts anew in this role. Resolves when it listens and this host's own connections
	 * are back. A host that is killed in between finishes it at its next start, by its settings.
	 */
	restartAs(role: ServerRole): Promise<void>;
	/** Server names of the group of voters, as its leader knows it. Null on a host that is no voter, and while no leader answers. */
	group(): Promise<string[] | null>;
	/** Resolves when the leader counts this host's server, and it has a route to every other voter that is up. */
	waitVoting(): Promise<void>;
	/** On a voter. */
	data(): Promise<DataStanding>;
	/** On a voter. `keep`: the server whose copy stays when there is to be only one. */
	setCopies(copies: number, keep: string | null, onBucket: (name: string) => void): Promise<void>;
	/** On a voter: what a live one leads is handed to others, what only it holds moves to the host `to`. */
	emptyVoter(server: string, to: string): Promise<void>;
	/** On a voter: takes the server out of the group. */
	removeVoter(server: string): Promise<void>;
	/** On a voter: waits until nothing is on the server any more. Returns streams that were lost with it. */
	waitWithout(server: string): Promise<string[]>;
	/** Tells all hosts to look at the member documents now. Fire and forget: they look by themselves every few seconds. */
	membersChanged(): void;
	/** When a host was last heard, ms; null when not since this one listens. */
	lastSeen(host: string): number | null;
	/** Since when this host has been listening to the others, ms. */
	listeningSince(): number;
}
