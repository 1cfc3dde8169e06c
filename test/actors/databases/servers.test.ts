// Real database servers as units of the process driver: made once, ruled with a generated password, dumped, restored, never emptied.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DatabaseType, ServerAccess } from '../../../actors/databases/admin.ts';
import { openAdmin } from '../../../actors/databases/open-admin.ts';
import { openRedis } from '../../../actors/databases/redis-client.ts';
import { openProcessDriver } from '../../../actors/drivers/process/process-driver.ts';
import { findProgram } from '../../../actors/drivers/process/programs.ts';
import { planApp } from '../../../actors/plan-app.ts';
import { loadCatalog } from '../../../catalog/load.ts';
import { freePorts } from '../../helpers/free-ports.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { planOf, reporter } from '../drivers/fixture.ts';

const ADMIN = 'only-covey-knows-this-one';
const HERS = 'the-password-of-anna';
const catalog = loadCatalog();
const { signal } = new AbortController();

/** How an app would write and read one thing, with its own user. */
interface Use {
	type: DatabaseType;
	database: string;
	write(at: ServerAccess, database: string, text: string): Promise<unknown>;
	read(at: ServerAccess, database: string): Promise<string>;
}

const psql = async (at: ServerAccess, database: string, sql: string) =>
	execFileSync('psql', ['-XqtA', '-v', 'ON_ERROR_STOP=1', '-h', at.host, '-p', String(at.port), '-U', at.user, database], {
		input: sql,
		env: { ...process.env, PGPASSWORD: at.password },
		stdio: ['pipe', 'pipe', 'pipe'],
	}).toString();
const mariadb = async (at: ServerAccess, database: string, sql: string) =>
	execFileSync('mariadb', ['--no-defaults', '-BN', '-h', at.host, '-P', String(at.port), '-u', at.user, database], {
		input: sql,
		env: { ...process.env, MYSQL_PWD: at.password },
		stdio: ['pipe', 'pipe', 'pipe'],
	}).toString();
const SAY = (text: string) =>
	`CREATE TABLE IF NOT EXISTS said (text TEXT); DELETE FROM said; INSERT INTO said VALUES ('${text}');`;

const USES: Use[] = [
	{
		type: 'postgres',
		database: 'anna',
		write: (at, database, text) => psql(at, database, SAY(text)),
		read: (at, database) => psql(at, database, 'SELECT text FROM said;'),
	},
	{
		type: 'mariadb',
		database: 'anna',
		write: (at, database, text) => mariadb(at, database, SAY(text)),
		read: (at, database) => mariadb(at, database, 'SELECT text FROM said;'),
	},
	{
		type: 'redis',
		database: '3',
		async write(at, database, text) {
			await using redis = await openRedis(at, signal);
			await redis.ask('SELECT', database);
			await redis.ask('SET', 'said', text);
		},
		async read(at, database) {
			await using redis = await openRedis(at, signal);
			await redis.ask('SELECT', database);
			return String(await redis.ask('GET', 'said'));
		},
	},
];

test.for(USES)(
	'$type: made, shared out, dumped, restored, and not made anew when its files are gone',
	{ timeout: 180_000 },
	async (use, { skip }) => {
		const { type } = use;
		const entry = catalog.get(type);
		if (entry?.process?.type !== 'binary') throw new Error(`no ${type}`);
		const found = await findProgram(entry.process, process.env['PATH'] ?? '').catch(() => null);
		if (found === null && process.env['CI'] !== 'true') skip(`${entry.process.program} is not installed. ${entry.process.hint}`);
		await using folder = await temporaryFolder();
		chmodSync(folder.path, 0o711);
		const driver = await openProcessDriver({
			data: folder.path,
			timing: { crashLimit: 1, backoffMs: [10] },
			secretsOf: async () => new Map([['secret.admin', ADMIN]]),
		});
		try {
			const [port] = await freePorts(1);
			const plan = planOf({ ...planApp(entry, type, [{ name: 'db', port }], '192.0.2.7'), desired: 'running' });
			expect(JSON.stringify(plan)).not.toContain(ADMIN);
			const { generation, failed } = await driver.build(plan, reporter());
			expect(failed).toEqual({});
			await driver.activate(generation, plan, reporter());
			await driver.waitHealthy(type, reporter());

			const access = { host: '127.0.0.1', port, user: 'covey', password: ADMIN };
			const hers = { ...access, user: 'anna', password: HERS };
			const hersIs = { database: use.database, user: 'anna' };
			const admin = openAdmin(type, access, signal);
			expect(await admin.exists(hersIs)).toBe(false);
			for (const password of ['an-earlier-one', HERS, HERS])
				await admin.ensure({ ...hersIs, password, extensions: [], owner: 'install/anna' });
			expect(await admin.exists(hersIs)).toBe(true);
			await use.write(hers, use.database, 'first');
			await expect(use.write({ ...hers, password: 'an-earlier-one' }, use.database, 'x')).rejects.toThrow();

			const file = join(folder.path, 'anna.dump');
			await admin.dump(hersIs, file);
			expect(statSync(file).mode & 0o077).toBe(0);
			await use.write(hers, use.database, 'second');
			await admin.restore(hersIs, file);
			expect((await use.read(hers, use.database)).trim()).toBe('first');
			await use.write(hers, use.database, 'third');

			await driver.restart(type);
			await driver.waitHealthy(type, reporter());
			expect((await use.read(hers, use.database)).trim()).toBe('third');
			expect(shownAsArguments([ADMIN, HERS])).toEqual([]);
			expect(readFileSync(join(folder.path, 'logs', `${type}.log`), 'utf8')).not.toMatch(new RegExp(`${ADMIN}|${HERS}`));

			await admin.drop(hersIs);
			await admin.drop(hersIs);
			expect(await admin.exists(hersIs)).toBe(false);

			if (entry.process.init) {
				const home = join(folder.path, 'apps', type, 'data');
				const made = join(home, entry.process.init.folder);
				await driver.stop(type);
				renameSync(made, `${made}-away`);
				await expect(driver.start(type)).rejects.toMatchObject({ code: 'NEVER_EMPTY' });
				expect(existsSync(made)).toBe(false);
				expect(readdirSync(home)).not.toContain(`${entry.process.init.folder}.new`);
				renameSync(`${made}-away`, made);
				await driver.start(type);
				await driver.waitHealthy(type, reporter());
			}
		} finally {
			await driver.shutdown();
			rmSync(join(folder.path, 'apps'), { recursive: true, force: true });
		}
	},
);

/** Which of the words stand in the arguments of any process. */
function shownAsArguments(words: string[]): string[] {
	const all = readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
		.flatMap((pid) => {
			try {
				return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
			} catch {
				return [];
			}
		});
	return words.filter((word) => all.some((line) => line.includes(word)));
}
