import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupFailure } from './failure.mjs';
import { say } from './say.mjs';

const LOOK_AGAIN = 200;
const LONGEST_WAIT = 20 * 60_000;

/**
 * Holds the lock file while `work` runs. It is void once its writer and the child it named are gone, so a set-up that
 * was killed blocks nobody, and its orphaned child is waited for. `work` gets `nameChild(pid)`.
 */
export async function withLock(file, work) {
	mkdirSync(dirname(file), { recursive: true });
	await acquire(file);
	const nameChild = (pid) => replace(file, { pid: process.pid, child: pid });
	try {
		return await work(nameChild);
	} finally {
		rmSync(file, { force: true });
	}
}

async function acquire(file) {
	const deadline = Date.now() + LONGEST_WAIT;
	let told = false;
	while (!create(file, { pid: process.pid })) {
		const holder = read(file);
		if (holder === 'gone') continue;
		if (!isAlive(holder)) {
			breakLock(file);
			continue;
		}
		if (!told) say(`- Waiting for another set-up (process ${holder.pid}) ...`);
		told = true;
		if (Date.now() > deadline) {
			throw new SetupFailure('Another set-up never ended.', {
				why: `process ${holder.pid} has held ${file} for 20 minutes`,
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

function isAlive(holder) {
	return [holder.pid, holder.child].some((pid) => Number.isInteger(pid) && exists(pid));
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
	if (moved !== 'gone' && isAlive(moved)) restore(aside, file);
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
