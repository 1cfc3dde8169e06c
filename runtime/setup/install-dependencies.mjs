import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, SetupFailure } from './failure.mjs';
import { npmReason, runNpm } from './npm.mjs';
import { projectRoot } from './paths.mjs';
import { run } from './run.mjs';
import { step } from './say.mjs';

const CANNOT_INSTALL = 'The dependencies could not be installed.';

/**
 * Fills node_modules as the lock file says. Not `npm ci`: that
 * refuses a lock file without the optional packages of other platforms, and empties the folder under running hosts.
 */
export async function installDependencies(node) {
	await step('Installing the dependencies with npm', async () => {
		const installed = await runNpm(node, ['install', '--no-save'], { cwd: projectRoot, minutes: 15 });
		if (!installed.ok) {
			throw new SetupFailure(CANNOT_INSTALL, {
				why: npmReason(installed),
				next: 'check that npm can reach its registry and that the disk has 500 MB free, then run the command again',
			});
		}
	});
}

/** True when node_modules holds every package of the lock file in its version: npm's own list, written last, says so. */
export function dependenciesMatch(root = projectRoot) {
	const listFile = join(root, 'node_modules', '.package-lock.json');
	if (!existsSync(listFile)) return false;
	const wanted = packagesOf(join(root, 'package-lock.json'));
	const present = packagesOf(listFile);
	return Object.entries(wanted).every(
		([path, entry]) => path === '' || (present[path] ? present[path].version === entry.version : entry.optional),
	);
}

function packagesOf(file) {
	return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

/** better-sqlite3 brings its binary inside the package; only where that does not load (a rare libc) is it compiled. */
export async function proveSqlite(node) {
	const tryIt = () =>
		run(node, ['-e', "new (require('better-sqlite3'))(':memory:').exec('select 1')"], { cwd: projectRoot, minutes: 1 });
	if ((await tryIt()).ok) return;
	await compileSqlite(node);
	const again = await tryIt();
	if (again.ok) return;
	throw new SetupFailure(CANNOT_INSTALL, {
		why: `better-sqlite3 does not load: ${again.reason}\n    ${lastLines(again.output)}`,
		next: 'install a C++ compiler, make and Python 3 (on Debian and Ubuntu: apt install build-essential python3), then run the command again',
	});
}

function compileSqlite(node) {
	return step('Compiling better-sqlite3 for this machine', () =>
		runNpm(node, ['exec', '--yes', '--', 'node-gyp', 'rebuild', '--release'], {
			cwd: join(projectRoot, 'node_modules', 'better-sqlite3'),
			minutes: 20,
		}),
	);
}
