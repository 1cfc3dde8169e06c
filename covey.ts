// The one file that is run: the command line, wired to the hosts of this machine. What one host is made of is in runtime/boot.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { abandon } from './runtime/boot/abandon.ts';
import { demoOperator } from './runtime/boot/demo-operator.ts';
import { joinAsHost, up } from './runtime/boot/host-life.ts';
import { openClient } from './runtime/boot/open-client.ts';
import { recover } from './runtime/boot/recover.ts';
import { VERSION } from './runtime/boot/version.ts';
import type { Runners } from './runtime/cli/client.ts';
import { endWithReader } from './runtime/cli/closed-pipe.ts';
import { runCli } from './runtime/cli/run.ts';
import { toWire } from './runtime/engine/errors.ts';
import { type ReadyHost, runDemo } from './runtime/host/demo.ts';
import { untilSignal } from './runtime/host/until-signal.ts';
import { hostLaunch, witnessLaunch } from './runtime/setup/host-launch.mjs';

let isServing = false;
endWithReader([process.stdout, process.stderr], () => isServing);

const runners: Runners = {
	up: (options) => serve((ending) => up(options, ending, witnessLaunch())),
	join: (options) => serve((ending) => joinAsHost(options, ending, witnessLaunch())),
	recover,
	abandon,
	demo: ({ dataDir, hosts, secure, json }) => {
		const launch = hostLaunch();
		return serve(({ signal }) =>
			runDemo({
				dataDir,
				hosts,
				secure,
				signal,
				hostCommand: [process.execPath, ...launch.args, 'up', '--json', '--data'],
				hostEnv: launch.env,
				credentialFor: (folder) => demoOperator(folder).catch(withoutCredential),
				onReady: (ready) => say(json, { ready: true, hosts: ready }, readyWords(ready)),
				onEnded: (name, how) =>
					process.stderr.write(`${name} ended (${how}). Start it again with: npx covey up --data ${join(dataDir, name)}\n`),
			}),
		);
	},
};

process.exitCode = await runCli(process.argv.slice(2), {
	openClient,
	runners,
	version: VERSION,
	defaultDataDir: process.env.COVEY_DATA ?? fileURLToPath(new URL('.covey', import.meta.url)),
	stdout: process.stdout,
	stderr: process.stderr,
	stdin: process.stdin,
	env: process.env,
});
// A host that failed on its way up has given up its lock: nothing of it may live on, whatever still holds the event loop.
setTimeout(() => process.exit(), 1_000).unref();

function serve(work: Parameters<typeof untilSignal>[0]): Promise<number> {
	isServing = true;
	return untilSignal(work);
}

/** The hosts run all the same. */
function withoutCredential(thrown: unknown): null {
	process.stderr.write(`There is no credential for scripts: ${toWire(thrown).message}\n`);
	return null;
}

function say(json: boolean, data: object, words: string): void {
	process.stdout.write(json ? `${JSON.stringify(data)}\n` : words);
}

function readyWords(hosts: ReadyHost[]): string {
	const width = Math.max(...hosts.map(({ name }) => name.length));
	const lines = hosts.map(({ name, http, nats }) => `  ${name.padEnd(width)}  ${http}  ${nats}`);
	return `\nCovey is up, ${hosts.length} host${hosts.length === 1 ? '' : 's'}:\n${lines.join('\n')}\n\nTry, in another terminal:\n  npx covey install actual-budget --wait\n  npx covey hosts\n\nCtrl-C ends it; the next start brings everything back.\n`;
}
