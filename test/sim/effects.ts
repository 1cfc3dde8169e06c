// The work of the test machines on one host: it takes time, fails now and then, and leaves one mark per key on the
// host's disk. The key makes a second run harmless: it finds the mark and answers what the first one did.
import { z } from 'zod';
import { defineEffect, type EffectContext, type EffectRegistry } from '../../actors/effect.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { Clock } from '../../runtime/engine/ports.ts';
import type { Knobs } from './knobs.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

/** What survives a crash of its host: outputs by key. */
export type Disk = Map<string, WorkOutput>;

export interface WorkOutput {
	[key: string]: string | number;
	key: string;
	host: string;
	round: number;
}

export interface EffectWitness {
	began(life: Life, effect: string, context: EffectContext): void;
	/** About to change the disk. */
	acted(life: Life, context: EffectContext): void;
	ended(life: Life, context: EffectContext): void;
}

const Input = z.object({ host: z.string(), round: z.number() });

export function simEffects(
	world: World,
	knobs: Knobs,
	life: Life,
	clock: Clock,
	disk: Disk,
	witness: EffectWitness,
	healed: () => boolean,
): EffectRegistry {
	const rng = world.rng.fork();
	const make = (name: string) =>
		defineEffect({
			name,
			input: Input,
			timeoutMs: 20_000,
			backoffMs: [300, 900],
			async run({ round }, context) {
				witness.began(life, name, context);
				try {
					const done = disk.get(context.key);
					if (done) return done;
					await work(clock, healed() ? rng.around(300) : rng.around(knobs.effectMs), context.signal);
					if (!healed() && rng.chance(knobs.effectFails)) {
						const code = rng.chance(0.5) ? 'EFFECT_FAILED' : 'BUILD_FAILED';
						throw new CoveyError(rng.chance(0.3) ? 'PACKAGE_NOT_FOUND' : code, 'chance had it', {
							details: { key: context.key },
						});
					}
					witness.acted(life, context);
					const output: WorkOutput = { key: context.key, host: life.host, round };
					disk.set(context.key, output);
					return output;
				} finally {
					witness.ended(life, context);
				}
			},
		});
	return new Map([make('work'), make('undo')].map((effect) => [effect.name, effect]));
}

/** Takes `ms`; stops soon after it is called off. */
function work(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const stop = () => {
			cancel();
			reject(signal.reason);
		};
		if (signal.aborted) return reject(signal.reason);
		const cancel = clock.after(ms, () => {
			signal.removeEventListener('abort', stop);
			resolve();
		});
		signal.addEventListener('abort', stop);
	});
}
