// Database servers of an exported app: each has its own. Pure.
import type { DatabaseField } from '../schema/partners.ts';
import { serverOf } from './database-server.ts';
import { type Exporting, variableName } from './values.ts';

/** Where a dump is read from by the server's first start. */
export const dumpFolder = (name: string): string => `data/database-${name}-dump`;

/** The file of a dump, so that the server's image finds it. */
export const dumpFile = ({ name, type }: Pick<DatabaseField, 'name' | 'type'>): string =>
	`${dumpFolder(name)}/${name}.${type === 'mariadb' ? 'sql' : 'dump'}`;

export function databaseServices({ entry, notes, files }: Exporting, dumped: readonly string[]): Record<string, object> {
	return Object.fromEntries(
		entry.databases.map((database) => {
			const { image, host, folder } = serverOf(database);
			const password = `\${${variableName('DATABASE', database.name, 'PASSWORD')}:?put its value into .env}`;
			if (dumped.includes(database.name)) {
				if (database.type === 'postgres') files[`${dumpFolder(database.name)}/restore.sh`] = restoreScript(database.name);
			} else if (database.state)
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

/** Run once by the image of PostgreSQL, when its folder is new. */
const restoreScript = (name: string): string =>
	`#!/bin/sh
set -e
pg_restore --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --no-owner --no-privileges /docker-entrypoint-initdb.d/${name}.dump
`;

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
