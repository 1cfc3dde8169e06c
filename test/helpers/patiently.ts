import { setTimeout as pause } from 'node:timers/promises';
import { CoveyError, ERRORS } from '../../runtime/engine/errors.ts';

const PATIENCE_MS = 60_000;

/** As a patient person does: again, while the answer says that it may work later. `repeat`: it was sent before. */
export async function patiently<T>(send: (repeat: boolean) => Promise<T>): Promise<T> {
	const deadline = performance.now() + PATIENCE_MS;
	for (let repeat = false; ; repeat = true) {
		try {
			return await send(repeat);
		} catch (thrown) {
			const mayPass = thrown instanceof CoveyError && ERRORS[thrown.code].retry;
			if (!mayPass || performance.now() > deadline) throw thrown;
			await pause(200);
		}
	}
}
