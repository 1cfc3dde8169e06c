// Hosts with own addresses on a network that fails in every way, and people at work all the while. Needs root and a C compiler.
import { expect, test } from 'vitest';
import { whyNoClock } from './clock.ts';
import { COURSES } from './courses.ts';
import { runCourse } from './random-course.ts';
import { whyNoWire } from './wire.ts';

/** With CI=true nothing is skipped: it fails where it cannot run. */
const isCi = process.env['CI'] === 'true';
const why = isCi ? null : whyNoWire();
const clocks = isCi || whyNoClock() === null;
const say = (line: string) => console.log(line);

test.for(COURSES)(
	'seed $seed: $hosts hosts, $faults faults, and every answer that was given is true',
	{
		timeout: 300_000,
	},
	async (course, { skip }) => {
		if (why) skip(why);
		const { complaints, calls } = await runCourse({ ...course, clocks, keep: false, say });
		const again = `npm run net -- --seed ${course.seed} --hosts ${course.hosts} --faults ${course.faults} --keep`;
		expect(complaints, `again: ${again}`).toEqual([]);
		expect(calls.filter(({ outcome }) => outcome.status === 'acknowledged').length).toBeGreaterThan(10);
	},
);
