import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from './digest.mjs';
import { lastLines, SetupFailure } from './failure.mjs';
import { projectRoot } from './paths.mjs';
import { run } from './run.mjs';
import { step } from './say.mjs';

const SOURCES = join(projectRoot, 'ui');
const BUILT = join(projectRoot, 'dist', 'ui');
const STAMP = '.built-from';

/** True when the built page comes from the present sources, or there is none to build. */
export function pageIsBuilt() {
	if (!existsSync(join(SOURCES, 'index.html'))) return true;
	const stamp = join(BUILT, STAMP);
	return existsSync(stamp) && readFileSync(stamp, 'utf8') === digestOfSources();
}

/** Builds beside the page in use and swaps at the end. */
export async function buildPage(node) {
	const draft = `${BUILT}.draft`;
	const digest = digestOfSources();
	await step('Building the page', async () => {
		mkdirSync(join(projectRoot, 'dist'), { recursive: true });
		const vite = [
			join(projectRoot, 'node_modules', 'vite', 'bin', 'vite.js'),
			'build',
			SOURCES,
			'--outDir',
			draft,
			'--emptyOutDir',
		];
		const built = await run(node, vite, { cwd: projectRoot, minutes: 10 });
		if (!built.ok) {
			throw new SetupFailure('The page could not be built.', {
				why: `vite ${built.reason}:\n    ${lastLines(built.output)}`,
				next: 'correct what it names under ui/, then run the command again',
			});
		}
		writeFileSync(join(draft, STAMP), digest);
		rmSync(BUILT, { recursive: true, force: true });
		renameSync(draft, BUILT);
	});
}

// The page shares contracts and views with machines/, so those count as its sources too.
function digestOfSources() {
	return digestOf(['ui', 'machines', 'package-lock.json']);
}
