import { realpathSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { lastLines, SetupFailure } from './failure.mjs';
import { findOnPath } from './paths.mjs';
import { run } from './run.mjs';

/**
 * Runs npm under the given Node, which also decides what npm thinks fits this machine. Install scripts never run:
 * no dependency needs one, and npm versions differ in whether they would.
 */
export function runNpm(node, args, options = {}) {
	const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
	const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--prefer-offline'];
	return run(node, [npmProgram(), ...args, ...quietly], { ...options, env });
}

/** Why npm failed: its own error lines, whose first say it best. */
export function npmReason({ reason, output }) {
	const errors = output.split('\n').flatMap((line) => /^npm (?:error|ERR!) +(.+)$/.exec(line)?.[1] ?? []);
	const telling = errors.filter((line) => !line.startsWith('A complete log'));
	return `npm ${reason}:\n    ${telling.slice(0, 8).join('\n    ') || lastLines(output)}`;
}

/** npm's own JavaScript: what started us under `npm start`, otherwise what `npm` on PATH stands for. */
function npmProgram() {
	const own = process.env.npm_execpath;
	if (own?.endsWith('npm-cli.js')) return own;
	const onPath = findOnPath('npm');
	if (onPath) return realpathSync(onPath);
	throw new SetupFailure('npm is missing.', {
		why: 'there is no npm on PATH, and it fetches what Covey needs',
		next: 'install it (it comes with Node; on Debian and Ubuntu: apt install npm), then run the command again',
	});
}
