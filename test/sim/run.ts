// One seed from the command line: `npm run sim -- --seed 42 --trace`, or many: `npm run sim -- --from 1 --seeds 500`.
import { parseArgs } from 'node:util';
import { PLANTED } from './planted-bugs.ts';
import { type Run, simulate } from './simulate.ts';

const { values } = parseArgs({
	options: {
		seed: { type: 'string' },
		from: { type: 'string', default: '1' },
		seeds: { type: 'string', default: '1' },
		trace: { type: 'boolean', default: false },
		plant: { type: 'string' },
	},
});

// `| head` closes the pipe before the trace is over.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
	if (error.code !== 'EPIPE') throw error;
	process.exit(0);
});

const planted = values.plant === undefined ? undefined : PLANTED.find(({ name }) => name === values.plant);
if (values.plant !== undefined && !planted) throw new Error(`planted bugs: ${PLANTED.map(({ name }) => name).join(', ')}`);
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const began = performance.now();
const total = { events: 0, commits: 0, failed: 0 };
const counts: Record<string, number> = {};

for (let seed = first; seed < first + count; seed++) {
	const run = await simulate(seed, {
		keepTrace: values.trace,
		...(planted && { plant: planted.plant, knobs: planted.knobs ?? {} }),
	});
	if (values.trace) for (const line of run.trace) say(line.length > 400 ? `${line.slice(0, 400)}…` : line);
	add(run);
}
const seconds = (performance.now() - began) / 1_000;
say(`${count} seeds, ${total.failed} failed, ${total.events} events, ${(count / seconds).toFixed(1)} seeds/s`);
say(
	Object.entries(counts)
		.map(([name, number]) => `${name} ${number}`)
		.join(', '),
);
process.exitCode = total.failed > 0 ? 1 : 0;

function say(text: string): void {
	process.stdout.write(`${text}\n`);
}

function add(run: Run): void {
	total.events += run.events;
	for (const [name, number] of Object.entries(run.counts)) counts[name] = (counts[name] ?? 0) + number;
	if (count === 1)
		say(`seed ${run.seed}: trace ${run.hash}, ${run.events} events in ${Math.round(run.ms / 1_000)} virtual seconds`);
	if (run.violations.length === 0) return;
	total.failed++;
	for (const { invariant, message, at } of run.violations.slice(0, 5))
		say(`seed ${run.seed} failed at ${(at / 1_000).toFixed(3)} s: ${invariant} ${message}`);
}
