// MariaDB, by its own client programs.
import type { DatabaseAdmin, OneDatabase, ServerAccess } from './admin.ts';
import { type ClientRun, runClient } from './client-tool.ts';
import { keepWhole } from './keep-whole.ts';
import { identifier, literal } from './quote.ts';
import { nativePassword } from './scram.ts';

const HINT = "Install MariaDB with your system's package manager (Debian and Ubuntu have the package mariadb-server).";
const LONG_MS = 3_600_000;
/** Apps reach it over the loopback interface only. */
const FROM = "'127.0.0.1'";

export function mariadbAdmin({ host, port, user, password }: ServerAccess, signal: AbortSignal): DatabaseAdmin {
	const tool = (program: string, args: string[], more: Partial<ClientRun> = {}) =>
		runClient({
			program,
			folders: ['/usr/bin', '/usr/local/bin', '/opt/mariadb/bin'],
			hint: HINT,
			args: ['--no-defaults', `--host=${host}`, `--port=${port}`, '--protocol=tcp', `--user=${user}`, ...args],
			env: { MYSQL_PWD: password, MARIADB_PWD: password },
			signal,
			...more,
		});
	const sql = (input: string) => tool('mariadb', ['--batch', '--skip-column-names', '--connect-timeout=10'], { input });
	const has = async (name: string) =>
		(await sql(`SELECT 'yes' FROM information_schema.schemata WHERE schema_name = ${literal(name)};`)).includes('yes');
	const make = (name: string) =>
		`CREATE DATABASE IF NOT EXISTS ${identifier(name, '`')} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;`;

	async function fill({ database }: OneDatabase, file: string): Promise<void> {
		await sql(`DROP DATABASE IF EXISTS ${identifier(database, '`')}; ${make(database)}`);
		await tool('mariadb', [database], { inputFile: file, limitMs: LONG_MS });
	}

	return {
		exists: ({ database }) => has(database),
		async ensure({ database, user: name, password: secret }) {
			const who = `${literal(name)}@${FROM}`;
			const how = `IDENTIFIED VIA mysql_native_password USING ${literal(nativePassword(secret))}`;
			await sql(
				`${make(database)}\nCREATE USER IF NOT EXISTS ${who} ${how};\nALTER USER ${who} ${how};\nGRANT ALL ON ${identifier(database, '`')}.* TO ${who};\n`,
			);
		},
		async drop({ database, user: name }) {
			await sql(`DROP DATABASE IF EXISTS ${identifier(database, '`')};\nDROP USER IF EXISTS ${literal(name)}@${FROM};\n`);
		},
		dump: ({ database }, file) =>
			keepWhole(file, async (temporary) => {
				const what = ['--single-transaction', '--routines', '--triggers', '--events', '--hex-blob', `--result-file=${temporary}`];
				await tool('mariadb-dump', [...what, database], { limitMs: LONG_MS });
			}),
		async restore(one, file) {
			const trial = { ...one, database: `${one.database}__covey_new` };
			// The whole file is proven on a database of its own before the one in use is touched.
			await fill(trial, file);
			await fill(one, file);
			await sql(`DROP DATABASE IF EXISTS ${identifier(trial.database, '`')};`);
		},
	};
}
