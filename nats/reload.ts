// A running server takes a new configuration without ending its connections.
import { readFile } from 'node:fs/promises';
import { CoveyError } from '../runtime/engine/errors.ts';
import { configLoadedAt } from './monitor.ts';
import { logSince, sizeOf } from './process.ts';
import { writePrivate } from './secrets.ts';
import { waitUntil } from './wait.ts';

export interface Reloadable {
	/** Null while it is down: it takes the new configuration at its next start. */
	pid(): number | null;
	monitorPort: number;
	config: string;
	log: string;
}

/**
 * Resolves when the server runs on `text`. Rejects with NATS_SERVER_FAILED, naming what the server refused; the file is as it
 * was before then, so that a restart finds one that works.
 */
export async function reloadServer(server: Reloadable, text: string, limitMs = 30_000): Promise<void> {
	const loadedBefore = await configLoadedAt(server.monitorPort);
	const before = await readFile(server.config, 'utf8');
	const logStart = await sizeOf(server.log);
	await writePrivate(server.config, text);
	hangUp(server.pid());
	let refused: string | null = null;
	const taken = await waitUntil(async () => {
		const loadedAt = await configLoadedAt(server.monitorPort);
		if (loadedAt !== null && loadedAt !== loadedBefore) return true;
		refused = refusal(await logSince(server.log, logStart));
		return refused !== null;
	}, limitMs);
	if (taken && refused === null) return;
	await writePrivate(server.config, before);
	throw new CoveyError(
		'NATS_SERVER_FAILED',
		refused === null
			? `nats-server did not take its new configuration in ${limitMs / 1000} s.`
			: `nats-server refuses its new configuration: ${refused}`,
	);
}

const refusal = (log: string): string | null => /Failed to reload server configuration: (.*)/.exec(log)?.[1] ?? null;

function hangUp(pid: number | null): void {
	if (pid === null) return;
	try {
		process.kill(pid, 'SIGHUP');
	} catch (error) {
		// It has just ended: its next start reads the new file.
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}
