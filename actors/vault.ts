// What an instance must not lose and nobody must read: generated passwords, and which databases are its own. Sealed at rest.
import { z } from 'zod';

export const KeptDatabase = z.object({
	/** The instance that runs the server. */
	server: z.string(),
	/** Its name there; of Redis, its number. */
	database: z.string(),
	user: z.string(),
	/** The app was healthy on it: it is never dropped by a failing path, and missed when it is gone. */
	proven: z.boolean(),
	/** The server was begun for this app. */
	begun: z.boolean(),
});
export type KeptDatabase = z.infer<typeof KeptDatabase>;

/** A call that was made, or may have been, for a connection. */
export const DoneCall = z.object({
	base: z.string(),
	to: z.enum(['app', 'partner']),
	undo: z
		.object({ method: z.string(), path: z.string(), headers: z.record(z.string(), z.string()), body: z.string().optional() })
		.nullable(),
});
export type DoneCall = z.infer<typeof DoneCall>;

export const Kept = z.object({
	/** A name that is given to another app begins anew. */
	app: z.string(),
	/** By the names of their placeholders: `secret.admin`, `database.main.password`. */
	values: z.record(z.string(), z.string()),
	/** By the entry's names of them. */
	databases: z.record(z.string(), KeptDatabase),
	/** By the key of the connection. */
	calls: z.record(z.string(), DoneCall).default({}),
});
export type Kept = z.infer<typeof Kept>;

export interface Vault {
	/** Read through the leader. Rejects with STORE_UNAVAILABLE, NOT_TRUSTED. */
	read(instance: string): Promise<Kept | null>;
	/** One compare-and-set; `change` may run several times. Returning what it was given writes nothing. */
	change(instance: string, change: (kept: Kept | null) => Kept | null): Promise<Kept | null>;
}
