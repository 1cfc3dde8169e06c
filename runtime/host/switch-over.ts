// The last part of a recovery: what was made ready beside takes the place of what was there, which is kept. Each step looks before
// it acts, so it may be killed anywhere and run again; nothing of the old cluster is deleted.
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolder } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';
import { readIdentity, writeIdentity } from '../trust/identity.ts';
import { writeSettings } from './cluster-settings.ts';
import { JOURNAL } from './journal.ts';
import { endRecovering, type Recovering } from './recovery-file.ts';

/** Where a recovery makes ready what will be used. */
export const recoveryFolder = (dataDir: string): string => join(dataDir, 'recovery');

/** What was in use before; the person deletes it. */
export const beforeFolder = (dataDir: string, what: 'recovery' | 'joining', at: number): string =>
	join(dataDir, `before-${what}-${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`);

/** `onStep` is called after each. Throws DATA_DIR_UNUSABLE, DISK_FULL. */
export function switchOver(dataDir: string, recovering: Recovering, onStep: (step: string) => void = () => {}): void {
	const before = beforeFolder(dataDir, 'recovery', recovering.at);
	const ready = recoveryFolder(dataDir);
	const store = join(dataDir, 'nats', 'store');
	const newStore = join(ready, 'nats', 'store');
	const trust = join(dataDir, 'trust');
	const steps: [string, () => void][] = [
		['keep', () => keepFiles(before, [join(dataDir, 'cluster.json'), join(trust, 'identity.json')])],
		// As long as the new one waits, the one in use is the old one.
		['storeAside', () => existsSync(newStore) && move(store, join(before, 'nats-store'))],
		['storeInPlace', () => move(newStore, store)],
		// The restored records may be older than the jobs in it: a new job would be taken for one that is done.
		['jobsAside', () => moveJobs(dataDir, before)],
		['copyAside', () => move(join(dataDir, 'copy'), join(before, 'copy'))],
		['keys', () => takeKeys(join(ready, 'trust'), trust)],
		['settings', () => writeSettings(dataDir, recovering.settings)],
		['clean', () => rmSync(ready, { recursive: true, force: true })],
		['done', () => endRecovering(dataDir, recovering)],
	];
	for (const [name, step] of steps) {
		step();
		onStep(name);
	}
}

/** The journal of jobs: with it go the results of jobs, by keys that another life of the records may use again. */
export function moveJobs(dataDir: string, to: string): void {
	for (const file of [JOURNAL.host, `${JOURNAL.host}-wal`, `${JOURNAL.host}-shm`, JOURNAL.witness])
		move(join(dataDir, file), join(to, file));
}

function keepFiles(before: string, files: string[]): void {
	mkdirSync(before, { recursive: true, mode: 0o700 });
	for (const file of files) {
		const kept = join(before, file.slice(file.lastIndexOf('/') + 1));
		if (existsSync(file) && !existsSync(kept)) copyFileSync(file, kept);
	}
}

/** Nothing to do when it was moved already. */
function move(from: string, to: string): void {
	if (!existsSync(from) || existsSync(to)) return;
	mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
	renameSync(from, to);
	syncFolder(dirname(to));
	syncFolder(dirname(from));
}

function takeKeys(ready: string, trust: string): void {
	const identity = readIdentity(ready);
	// Removed with everything else once they were taken.
	if (identity) writeIdentity(trust, identity);
	else if (!readIdentity(trust)) throw new CoveyError('DATA_DIR_UNUSABLE', `The keys of this host are missing from ${trust}.`);
}
