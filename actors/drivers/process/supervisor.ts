// Keeps one unit as it should be. Everything that starts or ends its process passes one lane, one after another, so
// there is never a second process of it (V7).
import { CoveyError, toCoveyError } from '../../../runtime/engine/errors.ts';
import type { UnitState, UnitStatus } from '../driver.ts';
import type { PlannedApp } from '../plan.ts';
import { refuseBusyPorts } from './busy-ports.ts';
import { ARGV } from './expand.ts';
import { endFamily } from './family.ts';
import { applyEdits } from './file-edits.ts';
import { makeFirst } from './first-start.ts';
import { askAt, probe } from './health.ts';
import { type HealthWatch, type Verdict, watchHealth } from './health-watch.ts';
import { type Launched, type LaunchPlace, launch, surroundings } from './launch.ts';
import { noteInLog } from './log-files.ts';
import { isAlive, removeRecord } from './records.ts';
import { afterEnd, afterHealth, CLEAN, type Strikes, type Timing } from './strikes.ts';
import type { Unit } from './unit.ts';
import { unitUser } from './unit-user.ts';
import { noteHealthy, prepareVolumes } from './volumes.ts';

export interface SupervisorOptions {
	place: LaunchPlace;
	timing: Timing;
	/** False while this host cannot be sure that the app is still its own. */
	mayStart(): boolean;
	/** What must be up before this app; null when nothing is missing. */
	waitsFor(app: PlannedApp): string | null;
	/** Called on each change of the status. */
	changed(status: UnitStatus): void;
	/** Trouble that harms nobody but should be known. */
	warn(error: CoveyError): void;
}

const CUT_OFF = 'this host has lost the cluster and starts nothing until it is back';

export class Supervisor {
	readonly #options: SupervisorOptions;
	#unit: Unit;
	#generation: number;
	#wanted = false;
	#running: Launched | null = null;
	#state: UnitState = { state: 'stopped' };
	#failure: CoveyError | null = null;
	#strikes: Strikes = CLEAN;
	#restarts = 0;
	/** It would start if what it waits for were there. */
	#held = false;
	#lane: Promise<unknown> = Promise.resolve();
	#health: HealthWatch | null = null;
	#timers = new Set<NodeJS.Timeout>();

	constructor(unit: Unit, generation: number, options: SupervisorOptions) {
		this.#unit = unit;
		this.#generation = generation;
		this.#options = options;
	}

	get unit(): Unit {
		return this.#unit;
	}

	/** Why it does not run or is not well; null when it is. */
	get failure(): CoveyError | null {
		return this.#failure;
	}

	get pid(): number | null {
		return this.#running?.record.pid ?? null;
	}

	status(): UnitStatus {
		return { instance: this.#unit.app.instance, unit: this.#unit.app.instance, status: this.#state, restarts: this.#restarts };
	}

	/** Takes a process that an earlier process of this host started. */
	adopt(running: Launched): void {
		this.#wanted = true;
		this.#restarts = running.record.restarts;
		this.#take(running, true);
	}

	/** Makes it run this unit: started anew when what runs differs from it, else left alone. */
	async run(unit: Unit, generation: number): Promise<void> {
		this.#wanted = true;
		await this.#inLane(async () => {
			const isSame = this.#unit.hash === unit.hash;
			const isSameCheck = JSON.stringify(this.#unit.app.health) === JSON.stringify(unit.app.health);
			const running = this.#running;
			if (running && !isSame) await this.#end();
			this.#unit = unit;
			this.#generation = generation;
			if (running && isSame) return isSameCheck ? undefined : this.#take(running, true);
			// A crashed unit keeps its turn: other apps' activations must not wake it earlier.
			if (isSame && this.#state.state === 'waiting') return;
			this.#strikes = CLEAN;
			await this.#launch();
		});
	}

	/** Replaces what a later start will run, without touching anything. */
	replace(unit: Unit, generation: number): void {
		this.#unit = unit;
		this.#generation = generation;
	}

	async stop(): Promise<void> {
		this.#wanted = false;
		await this.#inLane(async () => {
			await this.#end();
			this.#failure = null;
			this.#become({ state: 'stopped' });
		});
	}

	async restart(): Promise<void> {
		this.#wanted = true;
		await this.#inLane(async () => {
			await this.#end();
			this.#strikes = CLEAN;
			await this.#launch();
		});
	}

	/** For processes that are not our children: nobody tells us that they ended. */
	look(): void {
		const running = this.#running;
		if (running && !running.child && !isAlive(running.record)) this.#ended(running, 'ended');
	}

	async #launch(): Promise<void> {
		this.#clearTimers();
		if (this.#running || !this.#wanted) return;
		const { place, mayStart, waitsFor } = this.#options;
		if (!mayStart()) return this.#hold(CUT_OFF);
		const missing = waitsFor(this.#unit.app);
		if (missing !== null) return this.#hold(`${missing} is not up yet`);
		this.#held = false;
		try {
			const secrets = await place.secretsOf(this.#unit.app);
			prepareVolumes(place.layout, this.#unit.app, surroundings(this.#unit, place, secrets).expand);
			applyEdits(place.layout, this.#unit.app, surroundings(this.#unit, place, secrets).expand);
			await makeFirst(this.#unit, place, secrets);
			await refuseBusyPorts(this.#unit);
			this.#take(await launch(this.#unit, place, secrets, this.#generation, this.#restarts), false);
		} catch (thrown) {
			const failure = toCoveyError(thrown, 'START_FAILED');
			noteInLog(place.layout.log(this.#unit.app.instance), `could not be started: ${failure.message}`);
			this.#strike(failure, 'crash');
		}
	}

	#take(running: Launched, isKnown: boolean): void {
		this.#running = running;
		this.#health?.stop();
		const { pid, startedAt: since } = running.record;
		this.#become(isKnown ? { state: 'running', pid, since, healthy: null } : { state: 'starting', pid, since });
		if (!isKnown)
			running.child?.once('exit', (code, signal) =>
				this.#ended(running, signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
			);
		this.#health = watchHealth({
			health: this.#unit.app.health,
			probe: () => this.#probe(),
			hopelessMs: this.#options.timing.unhealthyRestartMs,
			tell: (verdict) => {
				if (this.#running === running) this.#judge(running, verdict);
			},
		});
		const code = running.child?.exitCode ?? running.child?.signalCode ?? null;
		if (code !== null) this.#ended(running, `ended at once (${code})`);
	}

	async #probe(): Promise<string | null> {
		const { app } = this.#unit;
		if (!app.health) return null;
		const { place } = this.#options;
		return probe(app.health, {
			address: (port) => askAt(app.ports.find((known) => known.port === port)?.bind ?? '127.0.0.1'),
			command: async (argv) => {
				const { env, cwd, expand } = surroundings(this.#unit, place, await place.secretsOf(app));
				return { argv: argv.map((argument) => expand(argument, ARGV)), env, cwd, user: unitUser(app) };
			},
		});
	}

	#judge(running: Launched, verdict: Verdict): void {
		const { pid, startedAt: since } = running.record;
		const { instance } = this.#unit.app;
		if (verdict.type === 'healthy') {
			this.#failure = null;
			this.#strikes = afterHealth(this.#strikes);
			this.#noteHealthy();
			this.#after(this.#options.timing.settledMs, () => {
				this.#strikes = CLEAN;
			});
			return this.#become({ state: 'running', pid, since, healthy: this.#unit.app.health ? true : null });
		}
		this.#clearTimers();
		this.#failure = new CoveyError('UNHEALTHY', `${instance} is not healthy: ${verdict.reason}`, { details: { instance } });
		if (verdict.type === 'unhealthy') return this.#become({ state: 'running', pid, since, healthy: false });
		void this.#inLane(async () => {
			if (this.#running !== running || !this.#wanted) return;
			noteInLog(this.#options.place.layout.log(instance), `is started anew: ${verdict.reason}`);
			await this.#end();
			this.#strike(new CoveyError('UNHEALTHY', `${instance} stayed unhealthy: ${verdict.reason}`), 'unhealthy');
		});
	}

	#ended(running: Launched, how: string): void {
		void this.#inLane(async () => {
			if (this.#running !== running) return;
			await this.#end();
			if (!this.#wanted) return;
			noteInLog(this.#options.place.layout.log(this.#unit.app.instance), how);
			this.#strike(new CoveyError('START_FAILED', `${this.#unit.app.instance} ${how}.`), 'crash');
		});
	}

	/** Ends the process and whatever it left behind; nothing of it runs afterwards. */
	async #end(): Promise<void> {
		this.#clearTimers();
		this.#health?.stop();
		const running = this.#running;
		if (!running) return;
		const { place } = this.#options;
		await endFamily({ marker: place.marker(this.#unit.app.instance), main: running.record }, this.#unit.app.stopTimeoutMs);
		this.#running = null;
		removeRecord(place.layout, this.#unit.app.instance);
	}

	#strike(failure: CoveyError, cause: 'crash' | 'unhealthy'): void {
		const { strikes, next } = afterEnd(this.#strikes, Date.now(), cause, this.#options.timing);
		this.#strikes = strikes;
		this.#failure = failure;
		const again = () => {
			this.#restarts += 1;
			void this.#inLane(() => this.#launch());
		};
		if (next.type === 'giveUp') {
			this.#after(next.retryAfterMs, again);
			return this.#become({ state: 'failed', reason: failure.message, code: failure.code });
		}
		this.#after(next.afterMs, again);
		const { code, message: reason } = failure;
		this.#become({ state: 'waiting', restarts: this.#restarts, at: Date.now() + next.afterMs, reason, code });
	}

	/** No strike: nothing is wrong with the app. */
	#hold(why: string): void {
		const { instance } = this.#unit.app;
		if (!this.#held) noteInLog(this.#options.place.layout.log(instance), `is not started: ${why}`);
		this.#held = true;
		this.#failure = new CoveyError('START_FAILED', `${instance} waits: ${why}.`);
		this.#after(this.#options.timing.heldMs, () => void this.#inLane(() => this.#launch()));
		this.#become({
			state: 'waiting',
			restarts: this.#restarts,
			at: Date.now() + this.#options.timing.heldMs,
			reason: this.#failure.message,
		});
	}

	#noteHealthy(): void {
		try {
			noteHealthy(this.#options.place.layout, this.#unit.app);
		} catch (thrown) {
			this.#options.warn(toCoveyError(thrown));
		}
	}

	#become(state: UnitState): void {
		this.#state = state;
		this.#options.changed(this.status());
	}

	#after(ms: number, run: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			run();
		}, ms);
		this.#timers.add(timer);
	}

	#clearTimers(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}

	#inLane<T>(work: () => Promise<T>): Promise<T> {
		const done = this.#lane.then(work);
		this.#lane = done.catch((thrown: unknown) => this.#options.warn(toCoveyError(thrown)));
		return done;
	}
}
