// Database servers of an exported app: each has its own. Pure.
import type { DatabaseField } from '../schema/partners.ts';
import { serverOf } from './database-server.ts';
import { type Exporting, variableName } from './values.ts';

/** Where a dump is read from by the server's first start. */
export const dumpFolder = (name: string): string => `data/database-${name}-dump`;

export function databaseServices({ entry, notes }: Exporting): Record<string, object> {
	return Object.fromEntries(
		entry.databases.map((database) => {
			const { image, host, folder } = serverOf(database);
			const password = `\${${variableName('DATABASE', database.name, 'PASSWORD')}:?put its value into .env}`;
			if (database.state)
				notes.push(
					`The ${database.type} database is not in this folder. Put a dump of it into ${dumpFolder(database.name)}/ before the first start: the server reads every .sql file there once.`,
				);
			return [
				host,
				{
					image,
					restart: 'unless-stopped',
					...settingsOf(database, password),
					volumes: [
						`./data/${host}:${folder}`,
						...(database.type === 'redis' ? [] : [`./${dumpFolder(database.name)}:/docker-entrypoint-initdb.d:ro`]),
					],
				},
			];
		}),
	);
}

function settingsOf({ type }: DatabaseField, password: string): object {
	switch (type) {
		case 'postgres':
			return { environment: { POSTGRES_USER: 'app', POSTGRES_DB: 'app', POSTGRES_PASSWORD: password } };
		case 'mariadb':
			return {
				environment: {
					MARIADB_USER: 'app',
					MARIADB_DATABASE: 'app',
					MARIADB_PASSWORD: password,
					MARIADB_RANDOM_ROOT_PASSWORD: '1',
				},
			};
		case 'redis':
			return { command: ['valkey-server', '--save', '60', '1', '--requirepass', password] };
	}
}
