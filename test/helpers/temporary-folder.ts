import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Folder extends AsyncDisposable {
	path: string;
}

/** Removed when it is disposed of. */
export async function temporaryFolder(): Promise<Folder> {
	const path = await mkdtemp(join(tmpdir(), 'covey-test-'));
	return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}
