// PostgreSQL, by its own client programs.
import type { DatabaseAdmin, OneDatabase, ServerAccess } from './admin.ts';
import { runClient } from './client-tool.ts';
import { keepWhole } from './keep-whole.ts';
import { identifier, literal } from './quote.ts';
import { scramVerifier } from './scram.ts';

const FOLDERS = ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/usr/local/bin'];
const HINT = "Install PostgreSQL with your system's package manager (Debian and Ubuntu have the package postgresql).";
const LONG_MS = 3_600_000;

export function postgresAdmin({ host, port, user, password }: ServerAccess, signal: AbortSignal): DatabaseAdmin {
	const tool = (program: string, args: string[], input?: string, limitMs?: number) =>
		runClient({
			program,
			folders: FOLDERS,
			hint: HINT,
			args: [`--host=${host}`, `--port=${port}`, `--username=${user}`, '--no-password', ...args],
			env: { PGPASSWORD: password, PGCONNECT_TIMEOUT: '10', PGAPPNAME: 'covey' },
			signal,
			...(input === undefined ? {} : { input }),
			...(limitMs === undefined ? {} : { limitMs }),
		});
	const sql = (database: string, text: string) =>
		tool(
			'psql',
			['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', `--dbname=${database}`, '--file=-'],
			text,
		);
	const hasDatabase = async (name: string) =>
		(await sql('postgres', `SELECT 'yes' FROM pg_database WHERE datname = ${literal(name)};`)).includes('yes');

	const drop = async (name: string) => void (await sql('postgres', `DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE);`));

	/** A swap that was cut short is finished: under its own name is always a whole database. */
	async function settle({ database }: OneDatabase): Promise<void> {
		const old = `${database}__covey_old`;
		if ((await hasDatabase(old)) && !(await hasDatabase(database)))
			await sql('postgres', `ALTER DATABASE ${identifier(old)} RENAME TO ${identifier(database)};`);
	}

	return {
		async exists(one) {
			await settle(one);
			return hasDatabase(one.database);
		},
		async ensure({ database, user: role, password: secret, extensions, owner }) {
			await settle({ database, user: role });
			await sql(
				'postgres',
				`SELECT 'CREATE ROLE ${identifier(role)} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(role)}) \\gexec
ALTER ROLE ${identifier(role)} LOGIN PASSWORD ${literal(scramVerifier(secret))};
SELECT 'CREATE DATABASE ${identifier(database)} OWNER ${identifier(role)}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(database)}) \\gexec
REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC;
COMMENT ON DATABASE ${identifier(database)} IS ${literal(owner)};
`,
			);
			const wanted = extensions.map((name) => `CREATE EXTENSION IF NOT EXISTS ${identifier(name)} CASCADE;`);
			if (wanted.length > 0) await sql(database, wanted.join('\n'));
		},
		async drop({ database, user: role }) {
			for (const name of [database, `${database}__covey_old`, `${database}__covey_new`]) await drop(name);
			await sql('postgres', `DROP ROLE IF EXISTS ${identifier(role)};`);
		},
		dump: ({ database }, file) =>
			keepWhole(file, async (temporary) => {
				await tool('pg_dump', ['--format=custom', `--file=${temporary}`, database], undefined, LONG_MS);
			}),
		async restore(one, file) {
			await settle(one);
			const { database, user: role } = one;
			const [fresh, old] = [`${database}__covey_new`, `${database}__covey_old`];
			await drop(fresh);
			await sql(
				'postgres',
				`CREATE DATABASE ${identifier(fresh)} OWNER ${identifier(role)};\nREVOKE ALL ON DATABASE ${identifier(fresh)} FROM PUBLIC;\n`,
			);
			await tool('pg_restore', ['--exit-on-error', '--single-transaction', `--dbname=${fresh}`, file], undefined, LONG_MS);
			if (await hasDatabase(database)) {
				await drop(old);
				await sql(
					'postgres',
					`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(database)};\nALTER DATABASE ${identifier(database)} RENAME TO ${identifier(old)};`,
				);
			}
			await sql('postgres', `ALTER DATABASE ${identifier(fresh)} RENAME TO ${identifier(database)};`);
			await drop(old);
		},
	};
}
