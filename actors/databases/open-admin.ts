// The one place that knows every make of database server.
import type { DatabaseAdmin, DatabaseType, ServerAccess } from './admin.ts';
import { mariadbAdmin } from './mariadb.ts';
import { postgresAdmin } from './postgres.ts';
import { redisAdmin } from './redis.ts';

export function openAdmin(type: DatabaseType, access: ServerAccess, signal: AbortSignal): DatabaseAdmin {
	switch (type) {
		case 'postgres':
			return postgresAdmin(access, signal);
		case 'mariadb':
			return mariadbAdmin(access, signal);
		case 'redis':
			return redisAdmin(access, signal);
	}
}

/** Catalog entries of the servers have these names; the user that rules each is called `covey`, its password is the secret `admin`. */
export const SERVER_TITLES: Readonly<Record<DatabaseType, string>> = {
	postgres: 'PostgreSQL',
	mariadb: 'MariaDB',
	redis: 'Redis',
};
export const ADMIN_USER = 'covey';
export const ADMIN_SECRET = 'secret.admin';
