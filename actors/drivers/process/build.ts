// Turns a plan into a generation: fetches what each app needs, one after another.
import { realpathSync } from 'node:fs';
import { CoveyError, toCoveyError, toWire, type WireError } from '../../../runtime/engine/errors.ts';
import type { BuildOutcome, Reporter } from '../driver.ts';
import type { HostPlan, PlannedApp } from '../plan.ts';
import { orDiskFull } from './disk-full.ts';
import { makerOf } from './first-start.ts';
import { currentGeneration, generationUnits, writeGeneration } from './generations.ts';
import { type LaunchPlace, surroundings } from './launch.ts';
import { findProgram } from './programs.ts';
import type { Store } from './store.ts';
import { type Unit, type Units, unitHash } from './unit.ts';

/** Rejects with CANCELLED or DISK_FULL; then nothing changed. An app that fails keeps the unit it has in the current generation. */
export async function buildPlan(plan: HostPlan, place: LaunchPlace, store: Store, report: Reporter): Promise<BuildOutcome> {
	const { layout } = place;
	const current = currentGeneration(layout);
	const before: Units = current ? generationUnits(layout, current.number) : {};
	const units: Units = {};
	const failed: Record<string, WireError> = {};
	for (const [instance, app] of Object.entries(plan.apps)) {
		if (report.signal.aborted) throw new CoveyError('CANCELLED', 'The build was cancelled.');
		try {
			units[instance] = await buildUnit(app, place, store, report);
		} catch (thrown) {
			const error = toCoveyError(thrown, 'BUILD_FAILED');
			if (error.code === 'CANCELLED') throw error;
			failed[instance] = toWire(error);
			report.note({ kind: 'decide', text: `${instance} is left as it was: ${error.message}` });
			const old = before[instance];
			if (old) units[instance] = old;
		}
	}
	const { generation, isNew } = await orDiskFull('writing the generation', () => writeGeneration(layout, plan, units));
	report.note(
		isNew
			? { kind: 'write', text: `generation ${generation.number}` }
			: { kind: 'decide', text: `generation ${generation.number} is the same` },
	);
	return { generation, failed };
}

async function buildUnit(app: PlannedApp, place: LaunchPlace, store: Store, report: Reporter): Promise<Unit> {
	const unit: Unit = { hash: unitHash(app), source: await fetchSource(app, place, store, report), app };
	refuseBadTexts(unit, place);
	return unit;
}

async function fetchSource(app: PlannedApp, place: LaunchPlace, store: Store, report: Reporter): Promise<Unit['source']> {
	const { source } = app;
	if (source.type !== 'binary') return { type: source.type, store: await store.ensure(source, report) };
	report.progress({ step: `looking for ${source.program}` });
	const maker = makerOf(place.layout, app);
	if (maker !== null) return { type: 'binary', path: maker, version: null };
	const found = await findProgram(source, process.env['PATH'] ?? '');
	const { version } = found;
	// A name on PATH may lead to another version tomorrow; what it is to make first belongs to this one.
	const path = app.init ? realpathSync(found.path) : found.path;
	report.note({ kind: 'decide', text: `uses ${path}${version === null ? '' : ` ${version}`}` });
	return { type: 'binary', path, version };
}

/** A wrong placeholder shows now, not when the app starts. */
function refuseBadTexts(unit: Unit, place: LaunchPlace): void {
	const { expand } = surroundings(unit, place, new Map((unit.app.secrets ?? []).map((name) => [name, ''])));
	for (const { files } of unit.app.volumes)
		for (const [name, content] of Object.entries(files ?? {})) expand(content, `file ${name}`);
	const check = unit.app.health?.check;
	if (check?.type === 'command') for (const argument of check.command) expand(argument, 'health command');
}
