// A clock that can be set, for one host's process: a library put before the C library answers for CLOCK_REALTIME. Timers, which run by
// another clock, and the host's nats-server, which asks the kernel itself, do not notice. Needs a C compiler.
import { execFileSync } from 'node:child_process';
import { existsSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Clock {
	env: { LD_PRELOAD: string; COVEY_TEST_CLOCK: string };
	/** In force at once, ms. */
	set(offsetMs: number): void;
}

const SOURCE = fileURLToPath(new URL('programs/shifted-clock.c', import.meta.url));

/** Why clocks cannot be set here, or null. */
export function whyNoClock(): string | null {
	try {
		execFileSync('cc', ['--version'], { stdio: 'ignore' });
		return null;
	} catch {
		return 'no C compiler `cc` to build the library that shifts a clock';
	}
}

export function readyClock(folder: string, host: string): Clock {
	const library = join(folder, 'shifted-clock.so');
	if (!existsSync(library)) execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']);
	const file = join(folder, `${host}.clock`);
	writeFileSync(file, offsetBytes(0));
	const fd = openSync(file, 'r+');
	return {
		env: { LD_PRELOAD: library, COVEY_TEST_CLOCK: file },
		set: (offsetMs) => void writeSync(fd, offsetBytes(offsetMs), 0, 8, 0),
	};
}

function offsetBytes(offsetMs: number): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeBigInt64LE(BigInt(Math.round(offsetMs)) * 1_000_000n);
	return bytes;
}
