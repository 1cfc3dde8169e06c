// A host's clock: its wall time is off by up to 300 ms and may be set back or forth; waits end a little late.
import type { Clock } from '../../runtime/engine/ports.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

export function simClock(world: World, life: Life): Clock {
	const rng = world.rng.fork();
	return {
		now: life.wall,
		after: (ms, fn) => {
			let off = false;
			const cancel = world.after(ms + rng.around(2), () => {
				life.enter(() => {
					if (!off) fn();
				});
			});
			return () => {
				off = true;
				cancel();
			};
		},
	};
}
