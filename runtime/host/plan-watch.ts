// Obeys the plan of this host: what the plan no longer has is stopped. A host that was judged dead while it was only asleep
// or cut off learns here that an app lives elsewhere now (V7).
import type { Driver } from '../../actors/drivers/driver.ts';
import type { HostPlan } from '../../actors/drivers/plan.ts';
import type { Clock } from '../engine/ports.ts';

export interface PlanWatchParts {
	clock: Clock;
	driver: Pick<Driver, 'units' | 'stop'>;
	/** Leader read; rejects while there is no leader. */
	readPlan(): Promise<HostPlan>;
	onStopped(instance: string): void;
}

const EVERY_MS = 10_000;

export interface PlanWatch {
	/** Looks now: after a freeze, after a lost connection. */
	look(): Promise<void>;
	stop(): void;
}

export function watchPlan(parts: PlanWatchParts): PlanWatch {
	let stopped = false;
	let next = () => {};
	const look = async (): Promise<void> => {
		try {
			const plan = await parts.readPlan();
			for (const { instance, status } of await parts.driver.units()) {
				if (stopped || instance in plan.apps || status.state === 'stopped') continue;
				await parts.driver.stop(instance);
				parts.onStopped(instance);
			}
		} catch {
			// Without the plan nothing is started and nothing is stopped: running apps go on (C10).
		}
	};
	const round = async (): Promise<void> => {
		await look();
		if (!stopped) next = parts.clock.after(EVERY_MS, () => void round());
	};
	next = parts.clock.after(EVERY_MS, () => void round());
	return {
		look,
		stop: () => {
			stopped = true;
			next();
		},
	};
}
