// Installs one npm package at one version into a folder, with progress that can be believed: npm first
// resolves only, so the number of packages is known before the first of them arrives.
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { Progress } from '../../effect.ts';
import type { PlannedApp } from '../plan.ts';
import { diskFull, isDiskFull } from './disk-full.ts';
import { npmEnvironment } from './npm-environment.ts';
import { onPath } from './programs.ts';
import { type Finished, runTool } from './tool.ts';

export type NpmSource = Extract<PlannedApp['source'], { type: 'npm' }>;

export interface Npm {
	/** Runs npm and, first in PATH, every script of the packages: native modules are built for it. */
	node: string;
	/** npm's own JavaScript file or executable; found along PATH when absent. */
	npm?: string | undefined;
	/** Shared download cache; npm's own default when absent. */
	cache?: string | undefined;
	/** Marks the processes, so that they can be found after a kill. */
	marker: Record<string, string>;
}

export interface InstallOptions {
	signal: AbortSignal;
	progress(progress: Progress): void;
	/** What is written as the dependency's version. */
	spec: string;
}

const INSTALL_LIMIT_MS = 30 * 60_000;
const COMMON = [
	'--omit=dev',
	'--no-audit',
	'--no-fund',
	'--loglevel=http',
	'--fetch-retry-mintimeout=1000',
	'--fetch-retry-maxtimeout=5000',
];

/** Fills the empty folder `into`. Rejects with PACKAGE_NOT_FOUND, DISK_FULL, BUILD_FAILED, MISSING_PROGRAM or CANCELLED. */
export async function installPackage(into: string, source: NpmSource, npm: Npm, options: InstallOptions): Promise<void> {
	const name = `${source.package}@${source.version}`;
	writeFileSync(
		join(into, 'package.json'),
		JSON.stringify({ private: true, dependencies: { [source.package]: options.spec }, overrides: source.overrides ?? {} }),
	);
	const step = (text: string, more: Partial<Progress> = {}) => options.progress({ step: text, ...more });
	step(`${name}: asking the registry what it needs`);
	await npmRun(into, ['--package-lock-only', '--ignore-scripts'], name, npm, options, (line) => {
		step(`${name}: asking the registry what it needs`, { line });
	});
	const arriving = watchArrival(into, name, step);
	// A lock file does not say which packages bring their binaries along: npm would compile those too.
	rmSync(join(into, 'package-lock.json'));
	try {
		await npmRun(into, ['--foreground-scripts', '--prefer-offline'], name, npm, options, arriving.line);
	} finally {
		arriving.stop();
	}
	if (!existsSync(join(into, 'node_modules', source.package, 'package.json'))) {
		throw new CoveyError('BUILD_FAILED', `npm reported success, but ${name} is not in the folder it installed.`);
	}
}

async function npmRun(
	cwd: string,
	extra: string[],
	name: string,
	npm: Npm,
	options: InstallOptions,
	line: (line: string) => void,
): Promise<void> {
	const [command, ...first] = npmCommand(npm);
	const cache = npm.cache ? ['--cache', npm.cache] : [];
	const env = npmEnvironment(process.env, npm.node);
	const finished = await runTool([command, ...first, 'install', ...COMMON, ...env.flags, ...cache, '--prefix', cwd, ...extra], {
		cwd,
		env: { ...env.env, ...npm.marker },
		signal: options.signal,
		limitMs: INSTALL_LIMIT_MS,
		line: (text) => {
			if (text !== '' && !/^npm warn /i.test(text)) line(text);
		},
	});
	if (finished.status !== 'done') throw npmFailure(name, finished);
}

function npmCommand(npm: Npm): [string, ...string[]] {
	const found = npm.npm ?? onPath('npm', process.env['PATH'] ?? '');
	if (found === null)
		throw new CoveyError('MISSING_PROGRAM', 'npm is not installed on this host: it comes with Node.js.', {
			details: { program: 'npm' },
		});
	const path = realpathSync(found);
	return path.endsWith('.js') ? [npm.node, path] : [path];
}

const Lock = z.object({
	packages: z.record(z.string(), z.looseObject({ optional: z.boolean().optional(), dev: z.boolean().optional() })),
});

/** Counts packages of the lock file that have arrived on the disk. */
function watchArrival(into: string, name: string, step: (text: string, more: Partial<Progress>) => void) {
	const lock = Lock.parse(JSON.parse(readFileSync(join(into, 'package-lock.json'), 'utf8')));
	const missing = new Set(
		Object.keys(lock.packages).filter((path) => path !== '' && !lock.packages[path]?.optional && !lock.packages[path]?.dev),
	);
	const total = missing.size;
	const startedAt = Date.now();
	let lastLine: string | undefined;
	const tell = () => {
		for (const path of missing) if (existsSync(join(into, path, 'package.json'))) missing.delete(path);
		const here = total - missing.size;
		const latest = lastLine === undefined ? {} : { line: lastLine };
		if (missing.size === 0) return step(`${name}: finishing, with the packages' own install scripts`, { percent: 95, ...latest });
		const elapsed = Date.now() - startedAt;
		const eta = here > 0 && elapsed > 2_000 ? { etaMs: Math.round((elapsed / here) * missing.size) } : {};
		step(`${name}: installing ${total} packages (${here} done)`, { percent: Math.floor((here / total) * 95), ...eta, ...latest });
	};
	const timer = setInterval(tell, 500);
	tell();
	return {
		line: (line: string) => {
			lastLine = line;
		},
		stop: () => clearInterval(timer),
	};
}

const NOT_FOUND = new Set(['E404', 'ETARGET', 'ENOVERSIONS', 'EINVALIDPACKAGENAME', 'EINVALIDTAGNAME']);
const NETWORK = new Set([
	'ENOTFOUND',
	'EAI_AGAIN',
	'ETIMEDOUT',
	'ECONNREFUSED',
	'ECONNRESET',
	'ENETUNREACH',
	'EHOSTUNREACH',
	'ERR_SOCKET_TIMEOUT',
	'EIDLETIMEOUT',
]);

export function npmFailure(name: string, finished: Exclude<Finished, { status: 'done' }>): CoveyError {
	if (finished.status === 'cancelled') return new CoveyError('CANCELLED', `The installation of ${name} was cancelled.`);
	const text = finished.lines.join('\n');
	const code = /npm (?:error|ERR!) code (\S+)/.exec(text)?.[1] ?? null;
	const said = finished.lines
		.findLast((line) => /npm (?:error|ERR!) (?!code|A complete log|\s*$)/.test(line))
		?.replace(/^npm (?:error|ERR!) (\S+ )?/, '');
	const details = { package: name, npmCode: code, log: finished.lines.filter((line) => !line.startsWith('npm http')).slice(-20) };
	if (code !== null && NOT_FOUND.has(code)) {
		const what =
			/npm (?:error|ERR!) (?:404|notarget) (.*(?:could not be found|No matching version|is not in this registry|Not Found).*)/.exec(
				text,
			)?.[1] ??
			said ??
			code;
		return new CoveyError('PACKAGE_NOT_FOUND', `The registry does not have ${name} or something it needs: ${what}`, { details });
	}
	if (isDiskFull({ code }) || /\b(ENOSPC|EDQUOT|EFBIG)\b|no space left on device/i.test(text))
		return diskFull(`installing ${name}`, said ?? code);
	if (code !== null && (NETWORK.has(code) || /^E5\d\d$/.test(code))) {
		return new CoveyError('BUILD_FAILED', `The registry could not be reached while installing ${name} (${code}).`, { details });
	}
	const why =
		finished.status === 'timeout'
			? `it took more than ${INSTALL_LIMIT_MS / 60_000} minutes`
			: (said ?? `npm ended with ${finished.status === 'failed' ? finished.exit : ''}`);
	return new CoveyError('BUILD_FAILED', `${name} could not be installed: ${why}`, { details });
}

/** Folder of the package inside an installed tree. */
export const packageFolder = (tree: string, source: NpmSource): string => join(tree, 'node_modules', source.package);
