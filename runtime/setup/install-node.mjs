import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lastLines, SetupFailure } from './failure.mjs';
import { privateNode } from './find-node.mjs';
import { makeFolder } from './folder.mjs';
import { npmReason, runNpm } from './npm.mjs';
import { NODE_MINIMUM, PRIVATE_NODE } from './pins.mjs';
import { run } from './run.mjs';
import { step } from './say.mjs';

/** Fetches a private Node into the cache and answers its path. Nothing else on the machine sees it. */
export async function installNode() {
	const node = privateNode();
	const title = `This machine has Node ${process.versions.node}, Covey needs ${NODE_MINIMUM}: fetching a private Node ${PRIVATE_NODE}`;
	await step(title, () => makeFolder(dirname(dirname(node)), fetchNode));
	return node;
}

// The npm package `node` would fetch this very package from an install script, which newer npm refuses to run.
async function fetchNode(folder) {
	const name = archPackage(process.platform, process.arch);
	writeFileSync(join(folder, 'package.json'), '{"private":true}');
	const install = ['install', '--prefix', folder, '--no-save', '--no-package-lock', `${name}@${PRIVATE_NODE}`];
	const installed = await runNpm(process.execPath, install, { cwd: folder });
	if (!installed.ok) throw cannotFetch(name, npmReason(installed));

	renameSync(join(folder, 'node_modules', name, 'bin'), join(folder, 'bin'));
	rmSync(join(folder, 'node_modules'), { recursive: true });
	const answer = await run(join(folder, 'bin', 'node'), ['--version'], { minutes: 1 });
	if (!answer.ok) throw cannotFetch(name, `its node does not run here: ${answer.reason}\n    ${lastLines(answer.output)}`);
}

/** The npm package that carries Node's binary for a platform. */
export function archPackage(platform, arch) {
	const family = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
	return `${family}-${platform}-${arch}`;
}

function cannotFetch(name, why) {
	return new SetupFailure(`Node ${PRIVATE_NODE} could not be fetched (npm package ${name}).`, {
		why,
		next: `check that npm can reach its registry, or install Node ${NODE_MINIMUM} or newer yourself; then run the command again`,
	});
}
