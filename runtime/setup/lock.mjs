import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupFailure } from './failure.mjs';
import { say } from './say.mjs';

const LOOK_AGAIN = 200;
const LONGEST_WAIT = 20 * 60_000;

const held = new Set();

/**
 * Holds the lock file while `work` runs. It is void once its writer and the child it named are gone, so a set-up that
 * was killed blocks nobody, and its orphaned child is waited for.
 */
export async function withLock(file, work) {
	mkdirSync(dirname(file), { recursive: true });
	await acquire(file);
	held.add(file);
	try {
		return await work();
	} finally {
		held.delete(file);
		rmSync(file, { force: true });
	}
}

/** Writes a running child into the locks held, so that nobody takes them over before it has ended too. */
export function nameChild(pid) {
	for (const file of held) replace(file, { pid: process.pid, child: pid });
}

async function acquire(file) {
	const deadline = Date.now() + LONGEST_WAIT;
	let told = false;
	while (!create(file, { pid: process.pid })) {
		const holder = read(file);
		if (holder === 'gone') continue;
		const living = livingOf(holder);
		if (living === undefined) {
			breakLock(file);
			continue;
		}
		if (!told) say(`- Waiting for another set-up (process ${living}) ...`);
		told = true;
		if (Date.now() > deadline) {
			throw new SetupFailure('Another set-up never ended.', {
				why: `process ${living} has held ${file} for 20 minutes`,
				next: 'end that process, or remove the file if it is not a Covey set-up; then run the command again',
			});
		}
		await delay(LOOK_AGAIN);
	}
}

// Written aside and linked into place: nobody ever reads a lock without its holder.
function create(file, holder) {
	const draft = `${file}.${process.pid}.draft`;
	writeFileSync(draft, JSON.stringify(holder));
	try {
		linkSync(draft, file);
		return true;
	} catch (error) {
		if (error.code === 'EEXIST') return false;
		throw error;
	} finally {
		rmSync(draft, { force: true });
	}
}

function read(file) {
	try {
		return JSON.parse(readFileSync(file, 'utf8'));
	} catch (error) {
		if (error.code === 'ENOENT') return 'gone';
		if (error instanceof SyntaxError) return {};
		throw error;
	}
}

/** The process that keeps the lock valid, or undefined. */
function livingOf(holder) {
	return [holder.pid, holder.child].find((pid) => Number.isInteger(pid) && exists(pid));
}

function exists(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
}

// Two may find the same dead lock: each moves it away first, and puts back what turns out to be a live one.
function breakLock(file) {
	const aside = `${file}.${process.pid}`;
	try {
		renameSync(file, aside);
	} catch (error) {
		if (error.code === 'ENOENT') return;
		throw error;
	}
	const moved = read(aside);
	if (moved !== 'gone' && livingOf(moved) !== undefined) restore(aside, file);
	rmSync(aside, { force: true });
}

function restore(aside, file) {
	try {
		linkSync(aside, file);
	} catch (error) {
		if (error.code !== 'EEXIST') throw error;
	}
}

function replace(file, holder) {
	const next = `${file}.${process.pid}.next`;
	writeFileSync(next, JSON.stringify(holder));
	renameSync(next, file);
}
