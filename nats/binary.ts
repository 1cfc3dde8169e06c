// Which nats-server to run: the first one found that is new enough.
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CoveyError } from '../runtime/engine/errors.ts';

/** Older servers let several writers win one compare-and-set, or cannot elect a single voter. */
export const OLDEST_VERSION = '2.12.4';

export interface Binary {
	path: string;
	version: string;
}

/**
 * `named` (an argument or COVEY_NATS_SERVER) is used or refused; otherwise the first of `places` and PATH that is new enough.
 * Rejects with NATS_SERVER_MISSING or NATS_SERVER_TOO_OLD.
 */
export async function findNatsServer(
	named: string | undefined = process.env['COVEY_NATS_SERVER'],
	places: readonly string[] = [],
): Promise<Binary> {
	if (named) return verify(named);
	const onPath = (process.env['PATH'] ?? '')
		.split(delimiter)
		.filter(Boolean)
		.map((folder) => join(folder, 'nats-server'));
	let refused: unknown;
	for (const path of [...places, ...onPath]) {
		if (!(await isExecutable(path))) continue;
		try {
			return await verify(path);
		} catch (error) {
			refused ??= error;
		}
	}
	throw (
		refused ??
		new CoveyError('NATS_SERVER_MISSING', 'There is no nats-server in the cache or on PATH, and Covey keeps its state in one.')
	);
}

async function verify(path: string): Promise<Binary> {
	const version = await versionOf(path);
	if (isOlder(version, OLDEST_VERSION)) {
		throw new CoveyError(
			'NATS_SERVER_TOO_OLD',
			`${path} is version ${version}; Covey needs ${OLDEST_VERSION} or newer, because older ones can lose or double writes.`,
			{
				details: { path, version, oldest: OLDEST_VERSION },
			},
		);
	}
	return { path, version };
}

async function versionOf(path: string): Promise<string> {
	try {
		const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000 });
		const version = /v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
		if (version) return version;
		throw new Error(`it answered ${JSON.stringify(stdout.slice(0, 80))} to --version`);
	} catch (error) {
		throw new CoveyError('NATS_SERVER_MISSING', `${path} cannot be used as nats-server: ${(error as Error).message}`, {
			cause: error,
			details: { path },
		});
	}
}

export function isOlder(version: string, than: string): boolean {
	const [a, b] = [version.split('.').map(Number), than.split('.').map(Number)];
	for (let i = 0; i < 3; i++) {
		const difference = (a[i] ?? 0) - (b[i] ?? 0);
		if (difference !== 0) return difference < 0;
	}
	return false;
}

const isExecutable = (path: string): Promise<boolean> =>
	access(path, constants.X_OK).then(
		() => true,
		() => false,
	);
