// The newest version of an npm package, by npm itself: it knows which registry this host uses, and how to get there.
import { tmpdir } from 'node:os';
import { npmEnvironment } from './npm-environment.ts';
import { onPath } from './programs.ts';
import { runTool } from './tool.ts';

const LIMIT_MS = 20_000;
const VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

export type Newest = { status: 'known'; version: string } | { status: 'unknown'; why: string };

/** Never rejects, and never takes longer than 20 s. */
export async function newestOnNpm(name: string): Promise<Newest> {
	const npm = onPath('npm', process.env['PATH'] ?? '');
	if (npm === null) return { status: 'unknown', why: 'npm is not installed here' };
	const { env } = npmEnvironment(process.env, process.execPath);
	const finished = await runTool([npm, 'view', name, 'version', '--fetch-retries=0', '--loglevel=error'], {
		cwd: tmpdir(),
		env,
		signal: new AbortController().signal,
		limitMs: LIMIT_MS,
	});
	const version = finished.lines.findLast((line) => VERSION.test(line.trim()))?.trim();
	if (finished.status === 'done' && version !== undefined) return { status: 'known', version };
	const code = /npm (?:error|ERR!) code (\S+)/.exec(finished.lines.join('\n'))?.[1];
	return { status: 'unknown', why: `the registry could not be asked${code === undefined ? '' : ` (${code})`}` };
}
