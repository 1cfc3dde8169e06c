// What effects do on their hosts: never under an epoch lower than one the host was shown, never twice at once.
import type { EffectContext } from '../../actors/effect.ts';
import { refText } from '../../runtime/engine/record.ts';
import { type Life, lifeText } from './life.ts';
import type { Fail } from './verdict.ts';

export interface Targets {
	reached(host: string, actor: string, epoch: number): void;
	began(life: Life, context: EffectContext): void;
	acted(life: Life, context: EffectContext): void;
	ended(life: Life, context: EffectContext): void;
	/** Keys at work in this life. */
	running(life: Life): string[];
}

export function targets(fail: Fail): Targets {
	const highest = new Map<string, number>();
	const running = new Map<string, EffectContext>();
	const place = (life: Life, key: string) => `${lifeText(life)} ${key}`;
	return {
		reached(host, actor, epoch) {
			const key = `${host} ${actor}`;
			highest.set(key, Math.max(epoch, highest.get(key) ?? 0));
		},
		began(life, context) {
			const seen = highest.get(`${life.host} ${refText(context.actor)}`) ?? 0;
			if (context.epoch < seen)
				fail('V3', `a stale owner acted on ${life.host}: ${context.key} began in epoch ${context.epoch} after ${seen}`);
			if (running.has(place(life, context.key))) fail('V5', `${context.key} runs twice at once on ${life.host}`);
			running.set(place(life, context.key), context);
		},
		acted(life, context) {
			if (context.signal.aborted) fail('V3', `${context.key} went on after it was called off on ${life.host}`);
		},
		ended: (life, context) => void running.delete(place(life, context.key)),
		running: (life) => [...running.keys()].filter((key) => key.startsWith(`${lifeText(life)} `)),
	};
}
