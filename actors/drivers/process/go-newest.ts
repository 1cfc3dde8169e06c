// The newest version of a Go module, by Go itself: it knows which proxy this host uses.
import { tmpdir } from 'node:os';
import { findGo, goEnvironment } from './go.ts';
import type { Newest } from './npm-newest.ts';
import { runTool } from './tool.ts';

const LIMIT_MS = 20_000;

/** Never rejects, and never takes longer than 20 s. */
export async function newestOfGo(module: string): Promise<Newest> {
	// The one thing it rejects with: there is none.
	const go = await findGo().catch(() => null);
	if (go === null) return { status: 'unknown', why: 'Go is not installed here' };
	const finished = await runTool([go, 'list', '-m', '-f', '{{.Version}}', `${module}@latest`], {
		cwd: tmpdir(),
		env: goEnvironment(process.env, tmpdir()),
		signal: new AbortController().signal,
		limitMs: LIMIT_MS,
	});
	const version = finished.lines
		.map((line) => /^v(\d+\.\d+\.\d+\S*)$/.exec(line.trim())?.[1])
		.find((found) => found !== undefined);
	if (finished.status === 'done' && version !== undefined) return { status: 'known', version };
	return { status: 'unknown', why: `the module proxy of Go does not tell the versions of ${module}` };
}
