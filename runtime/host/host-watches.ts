// Everything a running host looks at again and again, and what it finds when it was away.
import type { HostKit } from '../../actors/kit.ts';
import { readPlan } from '../../actors/plans.ts';
import type { Engine } from '../engine/engine.ts';
import { toWire } from '../engine/errors.ts';
import { watchApps } from './app-watch.ts';
import type { HostParts } from './host-parts.ts';
import { introduceWitnesses } from './introduce-witnesses.ts';
import type { JobHost } from './job-contract.ts';
import { followDocuments, type KnownHosts } from './known-hosts.ts';
import { watchLostData } from './lost-data.ts';
import type { LiveMembership } from './membership.ts';
import { type PlanWatch, watchPlan } from './plan-watch.ts';
import { realClock } from './real-clock.ts';
import { watchReservations } from './reservation-watch.ts';
import { watchVoters } from './voters-watch.ts';

export interface HostWatchParts {
	kit: HostKit;
	engine: Engine;
	jobs: JobHost;
	hosts: KnownHosts;
	membership: LiveMembership;
	observe: HostParts['observe'];
}

export interface HostWatches {
	/** Obeys the plan now. */
	lookAtPlan: PlanWatch['look'];
	/** Somebody joined, left or changed: is another voter due? */
	lookAtVoters(): void;
	stop(): void;
}

const FROZEN_MS = 2_000;

export function startHostWatches({ kit, engine, jobs, hosts, membership, observe }: HostWatchParts): HostWatches {
	const { host, driver, documents } = kit;
	const clock = realClock;
	const readOwnPlan = () => readPlan(documents, host);
	/** That the store is away is known by `lostSince`: each round of each watch would only repeat it. */
	const failed = (watch: string) => (thrown: unknown) => {
		const error = toWire(thrown);
		if (error.code !== 'STORE_UNAVAILABLE') observe({ type: 'watchFailed', watch, error });
	};
	const plan = watchPlan({
		clock,
		driver,
		readPlan: readOwnPlan,
		onStopped: (instance) => observe({ type: 'stoppedForeign', instance }),
		onFailure: failed('plan'),
	});
	const voters = watchVoters({
		kit,
		clock,
		engine,
		onFailure: (thrown) => observe({ type: 'votersUnread', error: toWire(thrown) }),
	});
	const others = [
		followDocuments(clock, hosts, failed('hosts')),
		introduceWitnesses({ host, clock, documents, peers: membership, engine, onFailure: failed('witnesses') }),
		watchLostData({ host, clock, engine, isDead: membership.isDead, onFailure: failed('lost data') }),
		watchReservations({
			host,
			clock,
			documents,
			look: kit.look,
			readPlan: readOwnPlan,
			onFreed: (instance) => observe({ type: 'reservationFreed', instance }),
			onFailure: failed('reservations'),
		}),
		watchApps({
			host,
			clock,
			engine,
			units: () => driver.units(),
			onUnit: (listener) => driver.onUnit(listener),
			onFailure: failed('apps'),
		}),
	];
	// Whoever was frozen cannot know what others decided meanwhile.
	const stopGapWatch = realClock.onGap(FROZEN_MS, () => {
		jobs.reverify();
		void plan.look();
	});
	return {
		lookAtPlan: plan.look,
		lookAtVoters: voters.soon,
		stop() {
			for (const watch of [plan, voters, ...others]) watch.stop();
			stopGapWatch();
		},
	};
}
