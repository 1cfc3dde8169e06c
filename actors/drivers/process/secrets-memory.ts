// Secrets of running apps, in this process's memory only: a crashed app must start again while the store does not answer.
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { PlannedApp } from '../plan.ts';
import type { Secrets } from './launch.ts';

const NONE: Secrets = new Map();

export interface SecretsMemory {
	/** Asks again when an app wants a secret that was not there before. */
	of(app: PlannedApp): Promise<Secrets>;
	forget(instance: string): void;
}

export function rememberSecrets(ask: ((instance: string) => Promise<Secrets>) | undefined): SecretsMemory {
	const remembered = new Map<string, Secrets>();
	return {
		forget: (instance) => void remembered.delete(instance),
		async of({ instance, secrets: wanted = [] }) {
			if (wanted.length === 0) return NONE;
			const known = remembered.get(instance);
			if (known && wanted.every((name) => known.has(name))) return known;
			const found = (await ask?.(instance)) ?? NONE;
			const missing = wanted.find((name) => !found.has(name));
			if (missing !== undefined)
				throw new CoveyError('START_FAILED', `${instance} needs the secret ${missing}, and there is none.`, {
					details: { instance, secret: missing },
				});
			remembered.set(instance, found);
			return found;
		},
	};
}
