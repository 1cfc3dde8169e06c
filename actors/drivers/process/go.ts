// Builds one program of one Go module at one version into a folder. Go's checksum database vouches for the source, as the person's own
// settings for Go say (proxy, private modules).
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { Progress } from '../../effect.ts';
import type { PlannedApp } from '../plan.ts';
import { goFailure } from './go-failure.ts';
import { findProgram } from './programs.ts';
import { runTool } from './tool.ts';

export type GoSource = Extract<PlannedApp['source'], { type: 'go' }>;

export interface GoOptions {
	signal: AbortSignal;
	progress(progress: Progress): void;
	/** Marks the processes, so that they can be found after a kill. */
	marker: Record<string, string>;
}

const BUILD_LIMIT_MS = 30 * 60_000;
const FOLDERS = ['/usr/local/go/bin', '/usr/lib/go-*/bin'];
const HINT = 'Install Go from https://go.dev/dl, or the package golang of the system.';

/** `miniflux.app/v2@2.3.3` */
export const goName = ({ package: name, version }: GoSource): string => `${name}@${version}`;

/** Go's own program. Rejects with MISSING_PROGRAM. */
export const findGo = async (searchPath = process.env['PATH'] ?? '', folders = FOLDERS): Promise<string> =>
	(await findProgram({ program: 'go', folders, hint: HINT }, searchPath)).path;

/** Fills the empty folder `into`. Rejects with PACKAGE_NOT_FOUND, DISK_FULL, BUILD_FAILED, MISSING_PROGRAM or CANCELLED. */
export async function buildProgram(into: string, source: GoSource, options: GoOptions): Promise<void> {
	const name = goName(source);
	const go = await findGo();
	const work = join(into, 'module');
	mkdirSync(work);
	// A module of our own that requires exactly that version: what is asked for is what is built.
	writeFileSync(join(work, 'go.mod'), `module covey.local/build\n\ngo 1.21\n\nrequire ${source.module} v${source.version}\n`);
	const run = async (args: string[], line: (line: string) => void): Promise<void> => {
		const finished = await runTool([go, ...args, source.package], {
			cwd: work,
			env: { ...goEnvironment(process.env, into), ...options.marker },
			signal: options.signal,
			limitMs: BUILD_LIMIT_MS,
			line,
		});
		if (finished.status !== 'done') throw goFailure(name, finished, BUILD_LIMIT_MS);
	};
	options.progress({ step: `${name}: fetching what it needs` });
	let total = 0;
	await run(['list', '-mod=mod', '-modcacherw', '-deps', '-f', '{{.ImportPath}}'], (line) => {
		if (line.startsWith('go: ')) options.progress({ step: `${name}: fetching what it needs`, line });
		else total++;
	});
	let compiled = 0;
	const target = programPath(into, source);
	await run(['build', '-mod=mod', '-modcacherw', '-trimpath', '-buildvcs=false', '-v', '-o', target], (line) => {
		compiled = Math.min(compiled + 1, total);
		const percent = Math.floor((compiled / Math.max(1, total)) * 95);
		options.progress({ step: `${name}: compiling ${total} packages (${compiled} done)`, percent, line });
	});
	for (const folder of [work, join(into, 'go')]) rmSync(folder, { recursive: true, force: true });
	if (!existsSync(target)) throw new CoveyError('BUILD_FAILED', `Go reported success, but ${name} made no program.`);
}

/** Where the program is inside a built folder. */
export const programPath = (folder: string, source: GoSource): string => join(folder, 'bin', programName(source));

/** As `go install` would call it: a last part like `v2` is the version of the module. */
function programName({ package: name }: GoSource): string {
	const parts = name.split('/').filter((part) => !/^v\d+$/.test(part));
	return basename(parts.join('/'));
}

/** Settings meant for the person's own projects (vendoring, workspaces, cross-compiling) would break the build. */
const FOREIGN = new Set([
	'GOFLAGS',
	'GOOS',
	'GOARCH',
	'GOARM',
	'GOAMD64',
	'GOARM64',
	'GOWORK',
	'GOBIN',
	'GO111MODULE',
	'CGO_ENABLED',
]);

export function goEnvironment(own: NodeJS.ProcessEnv, into: string): Record<string, string> {
	const env: Record<string, string> = {};
	for (const [name, value] of Object.entries(own)) if (value !== undefined && !FOREIGN.has(name)) env[name] = value;
	// Services of the system may have no home.
	const home = own['HOME'] ? {} : { GOPATH: join(into, 'go'), GOCACHE: join(into, 'go/cache') };
	return { ...home, ...env, GOFLAGS: '', GOWORK: 'off', GO111MODULE: 'on', CGO_ENABLED: '0' };
}
