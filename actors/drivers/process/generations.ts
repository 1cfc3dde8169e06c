// Generations on the disk: `<data>/generations/<n>/{generation,plan,units}.json` and the symlink `current`.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { isMissing, readJson, switchLink, syncFolder, writeJson } from '../../../runtime/disk/durable.ts';
import type { Generation } from '../driver.ts';
import type { HostPlan } from '../plan.ts';
import type { Layout } from './layout.ts';
import { Units, unitsDigest } from './unit.ts';

const GenerationFile = z.object({
	number: z.number().int(),
	digest: z.string(),
	builtAt: z.number(),
	instances: z.array(z.string()),
});

/** How many generations a person can go back to. */
export const KEPT_GENERATIONS = 5;

/** Oldest first. */
export function listGenerations(layout: Layout): Generation[] {
	return generationNumbers(layout)
		.map((number) => readJson(join(layout.generation(number), 'generation.json'), GenerationFile))
		.filter((generation) => generation !== null);
}

export function currentGeneration(layout: Layout): Generation | null {
	const number = currentNumber(layout);
	return number === null ? null : readJson(join(layout.generation(number), 'generation.json'), GenerationFile);
}

export function generationUnits(layout: Layout, number: number): Units {
	return readJson(join(layout.generation(number), 'units.json'), Units) ?? {};
}

/** Writes a generation, or returns the newest or current one when its content is the same. */
export function writeGeneration(layout: Layout, plan: HostPlan, units: Units): { generation: Generation; isNew: boolean } {
	const digest = unitsDigest(units);
	const same = [listGenerations(layout).at(-1), currentGeneration(layout)].find((generation) => generation?.digest === digest);
	if (same) return { generation: same, isNew: false };
	const number = (generationNumbers(layout).at(-1) ?? 0) + 1;
	const generation: Generation = { number, digest, builtAt: Date.now(), instances: Object.keys(units).sort() };
	const temporary = join(layout.building, randomUUID());
	try {
		mkdirSync(temporary);
		writeJson(join(temporary, 'plan.json'), plan);
		writeJson(join(temporary, 'units.json'), units);
		writeJson(join(temporary, 'generation.json'), generation);
		renameSync(temporary, layout.generation(number));
		syncFolder(layout.generations);
	} catch (error) {
		rmSync(temporary, { recursive: true, force: true });
		throw error;
	}
	return { generation, isNew: true };
}

export function switchTo(layout: Layout, number: number): void {
	if (currentNumber(layout) !== number) switchLink(layout.current, layout.generation(number));
}

/** Removes all but the newest ones and the current one. Returns the store hashes that those kept refer to. */
export function pruneGenerations(layout: Layout): Set<string> {
	const numbers = generationNumbers(layout);
	const kept = new Set([...numbers.slice(-KEPT_GENERATIONS), currentNumber(layout)]);
	for (const number of numbers) {
		if (kept.has(number)) continue;
		const grave = join(layout.building, `dead-generation-${number}`);
		renameSync(layout.generation(number), grave);
		rmSync(grave, { recursive: true, force: true });
	}
	const live = new Set<string>();
	for (const number of generationNumbers(layout)) {
		for (const unit of Object.values(generationUnits(layout, number)))
			if (unit.source.type !== 'binary') live.add(unit.source.store);
	}
	return live;
}

function generationNumbers(layout: Layout): number[] {
	return readdirSync(layout.generations)
		.map(Number)
		.filter(Number.isInteger)
		.sort((a, b) => a - b);
}

function currentNumber(layout: Layout): number | null {
	try {
		return Number(basename(readlinkSync(layout.current)));
	} catch (error) {
		if (isMissing(error)) return null;
		throw error;
	}
}
