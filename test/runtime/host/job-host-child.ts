// A job host in a process of its own, on a real journal and clock. Speaks JSON lines: events out, orders in.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { defineEffect } from '../../../actors/effect.ts';
import { JobOrderShape } from '../../../runtime/host/job-contract.ts';
import { createJobHost } from '../../../runtime/host/jobs.ts';
import { realClock } from '../../../runtime/host/real-clock.ts';
import { openSqliteJournal } from '../../../runtime/host/sqlite-journal.ts';

const [, , folder = '', mode = ''] = process.argv;
const say = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`);

const work = defineEffect({
	name: 'work',
	input: z.object({ n: z.number() }),
	timeoutMs: 60_000,
	async run(_input, { key, attempt, signal }) {
		appendFileSync(`${folder}/ran`, `${key} ${attempt}\n`);
		say({ event: 'began', key });
		if (mode === 'finish') return 'built';
		return new Promise<null>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
	},
});

const host = createJobHost({
	host: 'birch',
	clock: realClock,
	rng: Math.random,
	journal: openSqliteJournal(`${folder}/jobs.sqlite`),
	effects: new Map([['work', work]]),
	wanted: async ({ epoch, owner, token }) => (token === 2 ? null : { epoch, owner }),
	async push(message) {
		say({ event: 'told', ...message });
		return true;
	},
	publishProgress() {},
	observe: (observation) => say({ event: 'seen', ...observation }),
});
host.resume();
say({ event: 'ready' });
createInterface({ input: process.stdin }).on('line', async (line) => {
	say({ event: 'answer', answer: await host.order(JobOrderShape.parse(JSON.parse(line))) });
});
