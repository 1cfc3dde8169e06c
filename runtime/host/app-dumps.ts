// Copies of an app's databases for somebody who takes the app elsewhere. They are made on the host that has the servers, lie there
// until they are fetched, and are gone with the next start of the host: whoever asks again gets new ones.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toCoveyError, toWire, type WireError } from '../engine/errors.ts';

/** A dump of a large database takes a while. */
const LIMIT_MS = 2 * 3_600_000;

export type DumpState = { status: 'running' } | { status: 'done'; names: string[] } | { status: 'failed'; error: WireError };

export interface AppDumps {
	/** Begins when there is none yet, and tells how it stands. A failure is told once; then it begins anew. */
	ask(instance: string): DumpState;
	/** Where `NAME` of the dump `NAME` lies. */
	folder(instance: string): string;
	discard(instance: string): void;
}

/** `dump` writes each database of an instance into the file that `place` says for it. */
export function openAppDumps(
	root: string,
	dump: (instance: string, place: (name: string) => string, signal: AbortSignal) => Promise<void>,
): AppDumps {
	rmSync(root, { recursive: true, force: true });
	const states = new Map<string, DumpState>();
	const folder = (instance: string) => join(root, instance);

	const begin = async (instance: string): Promise<DumpState> => {
		const place = folder(instance);
		try {
			rmSync(place, { recursive: true, force: true });
			mkdirSync(place, { recursive: true, mode: 0o700 });
			await dump(instance, (name) => join(place, name), AbortSignal.timeout(LIMIT_MS));
			return { status: 'done', names: readdirSync(place).sort() };
		} catch (thrown) {
			rmSync(place, { recursive: true, force: true });
			return { status: 'failed', error: toWire(toCoveyError(thrown, 'EFFECT_FAILED')) };
		}
	};
	return {
		folder,
		ask(instance) {
			const known = states.get(instance);
			if (known) {
				if (known.status === 'failed') states.delete(instance);
				return known;
			}
			const running: DumpState = { status: 'running' };
			states.set(instance, running);
			void begin(instance).then((ended) => {
				if (states.get(instance) === running) states.set(instance, ended);
			});
			return running;
		},
		discard(instance) {
			states.delete(instance);
			rmSync(folder(instance), { recursive: true, force: true });
		},
	};
}
