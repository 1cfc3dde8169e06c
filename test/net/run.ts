// Random courses of any length: `npm run net -- --seed 7 --faults 50 --hosts 5`, or one after another: `--courses 10`. Needs root.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { whyNoClock } from './clock.ts';
import { runCourse } from './random-course.ts';
import { whyNoWire } from './wire.ts';

const USAGE = `npm run net -- [--seed N] [--hosts 5] [--faults 20] [--courses 1] [--keep]

  --seed     the same seed gives the same faults; without it one is drawn, and printed
  --hosts    2 to 9, each in a network namespace of its own; the first three vote
  --faults   how many, one after another, while clients send commands
  --courses  so many courses, with the seeds that follow
  --keep     what a course leaves (logs, records, answers) stays in a folder whose name is printed
`;

const Options = z.object({
	seed: z.coerce.number().int().min(0).optional(),
	hosts: z.coerce.number().int().min(2).max(9),
	faults: z.coerce.number().int().min(0),
	courses: z.coerce.number().int().min(1),
	keep: z.boolean(),
	help: z.boolean(),
});

const say = (line: string) => process.stdout.write(`${line}\n`);
process.exitCode = await main();

async function main(): Promise<0 | 1 | 2> {
	const options = read();
	if (!options || options.help) {
		process.stderr.write(USAGE);
		return options ? 0 : 2;
	}
	const why = whyNoWire();
	if (why) {
		process.stderr.write(`The network suite cannot run here: ${why}.\n`);
		return 2;
	}
	const noClock = whyNoClock();
	if (noClock) say(`No clock jumps: ${noClock}.`);
	const { hosts, faults, courses, keep } = options;
	const first = options.seed ?? Math.floor(Math.random() * 1_000_000);
	const failed: number[] = [];
	for (let seed = first; seed < first + courses; seed++) if (!(await holds(seed))) failed.push(seed);
	if (courses > 1) say(`${courses} courses, ${failed.length} failed`);
	for (const seed of failed) say(`again: npm run net -- --seed ${seed} --hosts ${hosts} --faults ${faults} --keep`);
	return failed.length > 0 ? 1 : 0;

	async function holds(seed: number): Promise<boolean> {
		try {
			return (await runCourse({ seed, hosts, faults, clocks: !noClock, keep, say })).complaints.length === 0;
		} catch (thrown) {
			say(`seed ${seed} did not come to its end: ${(thrown as Error).message}`);
			return false;
		}
	}
}

function read(): z.infer<typeof Options> | null {
	try {
		const { values } = parseArgs({
			options: {
				seed: { type: 'string' },
				hosts: { type: 'string', default: '5' },
				faults: { type: 'string', default: '20' },
				courses: { type: 'string', default: '1' },
				keep: { type: 'boolean', default: false },
				help: { type: 'boolean', default: false },
			},
		});
		return Options.parse(values);
	} catch (thrown) {
		process.stderr.write(`${thrown instanceof z.ZodError ? z.prettifyError(thrown) : (thrown as Error).message}\n\n`);
		return null;
	}
}
