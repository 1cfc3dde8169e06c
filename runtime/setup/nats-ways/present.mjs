import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryNatsServer } from '../nats-version.mjs';
import { cacheDirectory, findOnPath } from '../paths.mjs';
import { compareVersions, parseVersion } from '../version.mjs';

/** The one the person named, which is the only one taken. */
export async function fromVariable() {
	const binary = process.env.COVEY_NATS_SERVER;
	if (!binary) return { passed: 'not set' };
	const tried = await tryNatsServer(binary);
	return tried.ok ? { found: binary, version: tried.version } : { refused: tried.reason };
}

/** What an earlier set-up fetched, newest first. */
export async function fromCache() {
	const reasons = [];
	for (const binary of cachedBinaries(cacheDirectory())) {
		const tried = await tryNatsServer(binary);
		if (tried.ok) return { found: binary, version: tried.version };
		reasons.push(tried.reason);
	}
	return { passed: reasons.join('; ') || 'empty' };
}

export async function fromPath() {
	const binary = findOnPath('nats-server');
	if (!binary) return { passed: 'no nats-server on it' };
	const tried = await tryNatsServer(binary);
	return tried.ok ? { found: binary, version: tried.version } : { passed: tried.reason };
}

/** Where a fetched binary of that version belongs. */
export function cachedNatsServer(version) {
	return join(cacheDirectory(), `nats-server-${version}`, 'nats-server');
}

function cachedBinaries(cache) {
	if (!existsSync(cache)) return [];
	const versions = readdirSync(cache).map((name) => (name.startsWith('nats-server-') ? parseVersion(name) : null));
	return versions.filter(Boolean).sort(compareVersions).reverse().map(cachedNatsServer);
}
