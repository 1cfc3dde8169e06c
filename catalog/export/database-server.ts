// The server an exported app gets for a database. Pure.
import type { DatabaseField } from '../schema/partners.ts';

const SERVERS = {
	postgres: {
		image: 'docker.io/library/postgres:17',
		port: 5432,
		scheme: 'postgres',
		user: 'app',
		path: 'app',
		folder: '/var/lib/postgresql/data',
	},
	mariadb: {
		image: 'docker.io/library/mariadb:11.8',
		port: 3306,
		scheme: 'mysql',
		user: 'app',
		path: 'app',
		folder: '/var/lib/mysql',
	},
	redis: { image: 'docker.io/valkey/valkey:8', port: 6379, scheme: 'redis', user: 'default', path: '0', folder: '/data' },
} as const;

export const serverOf = ({ name, type }: DatabaseField) => ({ ...SERVERS[type], host: `database-${name}` });
