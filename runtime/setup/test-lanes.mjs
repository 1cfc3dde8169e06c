import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { runInForeground } from './foreground.mjs';
import { findOnPath } from './paths.mjs';
import { run } from './run.mjs';
import { say } from './say.mjs';

/**
 * Runs all tests, in three lanes where the machine allows it: those that download, beside the unit tests, in the machine's own network;
 * whole clusters in two networks of their own, so that their ports never meet. Elsewhere one after another. Answers the exit code.
 */
export async function runTests(node, vitest, options) {
	const lanes = await openLanes();
	if (lanes === null) return runInForeground(node, [vitest, 'run'], options);
	try {
		const ends = await Promise.all([
			follow('tests 1/3', node, [vitest, 'run', '--project', 'unit', '--project', 'online'], options),
			...lanes.map((lane, index) => {
				const shard = ['--project', 'processes', '--shard', `${index + 1}/${lanes.length}`];
				return follow(`tests ${index + 2}/3`, 'ip', ['netns', 'exec', lane, node, vitest, 'run', ...shard], options);
			}),
		]);
		return sumUp(ends);
	} finally {
		for (const lane of lanes) await run('ip', ['netns', 'delete', lane]);
	}
}

/** Null where this user may make no networks. */
async function openLanes() {
	if (process.getuid?.() !== 0 || findOnPath('ip') === null) return null;
	const lanes = [1, 2].map((number) => `covey-tests-${process.pid}-${number}`);
	for (const lane of lanes) {
		const made = await run('ip', ['netns', 'add', lane]);
		const up = made.ok && (await run('ip', ['-n', lane, 'link', 'set', 'lo', 'up']));
		if (up && up.ok) continue;
		say('- No networks can be made here, so the tests run one after another.');
		for (const one of lanes) await run('ip', ['netns', 'delete', one]);
		return null;
	}
	return lanes;
}

const COUNT = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;

const FAILURE = 'FAILED ';

/** Every line with its lane before it; the count, and what failed, are kept for the end. */
function follow(lane, file, args, options) {
	return new Promise((resolve, reject) => {
		const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
		for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(signal, () => child.kill(signal));
		let count = null;
		const failures = [];
		const lines = [child.stdout, child.stderr].map((stream) => {
			const reader = createInterface({ input: stream });
			reader.on('line', (line) => {
				const found = COUNT.exec(line);
				if (found) count = found.slice(1).map(Number);
				else if (line.startsWith(FAILURE)) failures.push(line);
				else process.stdout.write(`${lane}  ${line}\n`);
			});
			return new Promise((ended) => reader.once('close', ended));
		});
		child.once('error', reject);
		child.once('exit', (code) => void Promise.all(lines).then(() => resolve({ lane, code: code ?? 1, count, failures })));
	});
}

/** A lane that ends without a count has failed, whatever its tests say. */
function sumUp(ends) {
	const total = [0, 0, 0];
	for (const { lane, count, failures } of ends) {
		for (const failure of failures) process.stdout.write(`${failure}\n`);
		if (count === null) say(`${lane} ended without a count.`);
		(count ?? [0, 1, 0]).forEach((value, index) => {
			total[index] += value;
		});
	}
	process.stdout.write(`\n${total[0]} passed, ${total[1]} failed, ${total[2]} skipped\n`);
	return ends.find(({ code }) => code !== 0)?.code ?? (total[1] > 0 ? 1 : 0);
}
