// What Covey does on a database server of its own host, whatever its make. Everything may be done twice (V5).
import type { DatabaseField } from '../../catalog/schema/partners.ts';

export type DatabaseType = DatabaseField['type'];

/** Where a server listens and who rules it. */
export interface ServerAccess {
	host: string;
	port: number;
	user: string;
	/** Secret. */
	password: string;
}

export interface OneDatabase {
	/** Name of the database; of Redis, its number. */
	database: string;
	user: string;
}

export interface DatabaseAdmin {
	exists(one: OneDatabase): Promise<boolean>;
	/** The database and its user are there, and the password is this one. `owner` is kept beside it, for people. */
	ensure(one: OneDatabase & { password: string; extensions: readonly string[]; owner: string }): Promise<void>;
	/** The database and its user are gone. */
	drop(one: OneDatabase): Promise<void>;
	/** Everything in it, whole and on the disk when it resolves. */
	dump(one: OneDatabase, file: string): Promise<void>;
	/** What the file has is all that is in the database; while it is not complete the database stays as it was. */
	restore(one: OneDatabase, file: string): Promise<void>;
}
