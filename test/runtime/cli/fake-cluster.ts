// A cluster that answers as told. Rendering and exit codes are all that is tried with it.

import { Readable } from 'node:stream';
import type { Client, Runners } from '../../../runtime/cli/client.ts';
import { runCli } from '../../../runtime/cli/run.ts';
import type { ActorRecord } from '../../../runtime/engine/record.ts';
import { type Written, writable } from './written.ts';

export type FakeClient = { [Name in keyof Client]?: unknown };

/** Tokens that `covey join` has been run with. */
export const joined: string[] = [];
const runners: Runners = {
	up: async () => 0,
	join: async ({ token }) => {
		joined.push(token);
		return 0;
	},
	demo: async () => 0,
	recover: async ({ yes }) => ({
		host: 'cedar',
		done: yes,
		cluster: yes ? 'covey-0a1b2c3d' : null,
		forgotten: [{ host: 'alder' }, { host: 'birch' }],
		before: '/nowhere/before-recovery-20260102-030405',
		plan: {
			host: 'cedar',
			source: { type: 'copy', asOf: Date.now() - 45_000, why: null },
			forgotten: [
				{ host: 'alder', votes: true, apps: ['photos', 'wiki'] },
				{ host: 'birch', votes: false, apps: [] },
			],
			appsHere: ['notes'],
			placedAnew: ['new'],
			authority: 'new',
			credentialsLost: ['ci'],
		},
	}),
	abandon: async () => 0,
};

/** Runs the command and tells what it printed. What `fake` lacks is never asked for. */
export async function covey(
	words: string,
	fake: FakeClient = {},
	/** Columns of the terminal; without it the command runs in a pipe. */
	columns?: number,
	/** What is piped in. */
	input = '',
): Promise<{ exit: number; out: string; err: string; dataDirs: string[] }> {
	const [stdout, stderr]: [Written, Written] = [writable(), writable()];
	if (columns !== undefined) Object.assign(stdout, { isTTY: true, columns });
	const dataDirs: string[] = [];
	const exit = await runCli(words.split(' '), {
		openClient: async (dataDir) => {
			dataDirs.push(dataDir);
			return { watchActor: () => () => {}, watchProgress: () => () => {}, close: async () => {}, ...fake } as unknown as Client;
		},
		runners,
		version: '1.2.3',
		defaultDataDir: '/nowhere',
		stdout,
		stderr,
		stdin: Readable.from([input]),
		env: { NO_COLOR: '1' },
	});
	return { exit, out: stdout.text(), err: stderr.text(), dataDirs };
}

export function recordOf(
	seq: number,
	phase: string,
	more: { words?: string; data?: object; effects?: object } = {},
): ActorRecord {
	const { words = `It is ${phase}.`, data = { host: 'alder', url: null, failure: null }, effects = {} } = more;
	return {
		kind: 'install',
		id: 'node-red',
		seq,
		effects,
		view: { phase, words, can: {}, since: 0, data },
	} as unknown as ActorRecord;
}
