// Random courses of any length: `npm run net -- --seed 7 --faults 50 --hosts 5`, or one after another: `--courses 10`. Needs root.
import { parseArgs } from 'node:util';
import { runCourse } from './random-course.ts';
import { whyNoWire } from './wire.ts';

const { values } = parseArgs({
	options: {
		seed: { type: 'string' },
		faults: { type: 'string', default: '20' },
		hosts: { type: 'string', default: '5' },
		courses: { type: 'string', default: '1' },
	},
});

const why = whyNoWire();
if (why) throw new Error(`Not here: ${why}.`);
const first = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const say = (line: string) => process.stdout.write(`${line}\n`);
let failed = 0;
for (let seed = first; seed < first + Number(values.courses); seed++) {
	const { complaints } = await runCourse({ seed, hosts: Number(values.hosts), faults: Number(values.faults), say });
	if (complaints.length > 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
