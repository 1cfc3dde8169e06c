import { chmodSync, copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../folder.mjs';
import { tryNatsServer } from '../nats-version.mjs';
import { cachedNatsServer } from './present.mjs';

/** Proves a fetched binary and puts it into the cache under its version. */
export async function keepInCache(binary) {
	const tried = await tryNatsServer(binary, 'its nats-server');
	if (!tried.ok) return { passed: tried.reason };
	const final = cachedNatsServer(tried.version);
	await makeFolder(dirname(final), (folder) => {
		copyFileSync(binary, join(folder, 'nats-server'));
		chmodSync(join(folder, 'nats-server'), 0o755);
	});
	return { found: final, version: tried.version };
}

/** A failed program as the reason to try the next way. */
export function passed(what, result) {
	const line = result.output.trim().split('\n').at(-1)?.slice(0, 200);
	return { passed: `${what} ${result.reason}${line ? ` (${line})` : ''}` };
}
