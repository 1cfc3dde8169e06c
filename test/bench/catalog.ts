// What the catalog costs a host that starts: 500 apps, made of those that come with Covey; the first time on a machine, and later.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OWN_APPS, sourcesIn } from '../../catalog/load.ts';
import { type Figure, quantile } from './table.ts';

const APPS = 500;
const ROUNDS = 9;
const LOAD = fileURLToPath(new URL('catalog-load.ts', import.meta.url));

export async function catalog(): Promise<Figure[]> {
	const folder = mkdtempSync(join(tmpdir(), 'covey-bench-catalog-'));
	try {
		fill(folder);
		const first = Array.from({ length: ROUNDS }, (_, round) => loadIn(folder, `${folder}/first-${round}.json`));
		loadIn(folder, `${folder}/known.json`);
		const later = Array.from({ length: ROUNDS }, () => loadIn(folder, `${folder}/known.json`));
		return [
			{
				name: `catalog of ${APPS} apps, a start`,
				ours: quantile(later, 0.5),
				unit: 'ms',
				goal: '< 300 ms',
				met: quantile(later, 0.5) < 300,
			},
			{
				name: `catalog of ${APPS} apps, the first time`,
				ours: quantile(first, 0.5),
				unit: 'ms',
				goal: '< 300 ms',
				met: quantile(first, 0.5) < 300,
			},
		];
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/** The real ones under their names, then again under others. */
function fill(folder: string): void {
	const own = sourcesIn(OWN_APPS);
	for (let number = 0; number < APPS; number++) {
		const { file, text } = own[number % own.length] as (typeof own)[number];
		const real = /([^/]+)\.yaml$/.exec(file)?.[1] ?? '';
		const name = number < own.length ? real : `${real}-${number}`;
		writeFileSync(join(folder, `${name}.yaml`), text.replace(/^name: .*$/m, `name: ${name}`));
	}
}

function loadIn(folder: string, memory: string): number {
	const { apps, ms } = JSON.parse(execFileSync(process.execPath, [LOAD, folder, memory], { encoding: 'utf8' })) as {
		apps: number;
		ms: number;
	};
	if (apps !== APPS) throw new Error(`${apps} apps were read`);
	return ms;
}
