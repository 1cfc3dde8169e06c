import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { orderFor } from './job-world.ts';

test('kill -9 in the middle of a job: the next process asks the record, runs it again under its key and tells the owner', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'covey-jobs-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const first = startHost(folder, 'hang');
	await first.next('ready');
	first.order(orderFor());
	first.order(orderFor({ token: 2 }));
	await first.next('began', orderFor().key);
	await first.next('began', orderFor({ token: 2 }).key);
	first.child.kill('SIGKILL');
	await first.gone;

	const second = startHost(folder, 'finish');
	const told = await second.next('told');
	expect(told).toMatchObject({
		owner: 'alder',
		completion: { key: orderFor().key, token: 1, result: { status: 'done', output: 'built' } },
	});
	await second.next('seen', orderFor({ token: 2 }).key, 'aborted');
	second.order(orderFor());
	expect(await second.next('answer')).toMatchObject({ answer: { status: 'done', output: 'built' } });
	expect(readFileSync(join(folder, 'ran'), 'utf8').trim().split('\n').sort()).toEqual([
		`${orderFor().key} 1`,
		`${orderFor().key} 1`,
		`${orderFor({ token: 2 }).key} 1`,
	]);
});

interface Told {
	event: string;
	key?: string;
	state?: string;
}

function startHost(folder: string, mode: string) {
	const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [
		join(import.meta.dirname, 'job-host-child.ts'),
		folder,
		mode,
	]);
	onTestFinished(() => void child.kill('SIGKILL'));
	child.stderr.pipe(process.stderr);
	const events: Told[] = [];
	let wake = () => {};
	createInterface({ input: child.stdout }).on('line', (line) => {
		events.push(JSON.parse(line) as Told);
		wake();
	});
	return {
		child,
		gone: new Promise((resolve) => child.once('exit', resolve)),
		order: (order: object) => child.stdin.write(`${JSON.stringify(order)}\n`),
		async next(event: string, key?: string, state?: string): Promise<Told> {
			for (;;) {
				const found = events.find(
					(told) => told.event === event && (!key || told.key === key) && (!state || told.state === state),
				);
				if (found) return found;
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
		},
	};
}
