// Plans and reporters for driver tests.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reporter } from '../../../actors/drivers/driver.ts';
import type { HostPlan, PlannedApp } from '../../../actors/drivers/plan.ts';

export const SMALL_APP = fileURLToPath(new URL('small-app.mjs', import.meta.url));

export function smallApp(instance: string, port: number, change: Partial<PlannedApp> = {}): PlannedApp {
	return {
		instance,
		app: 'small-app',
		desired: 'running',
		source: { type: 'binary', program: 'node' },
		command: ['${program}', SMALL_APP],
		ports: [{ name: 'web', port, protocol: 'tcp', bind: '127.0.0.1' }],
		volumes: [{ name: 'data', folders: ['inner'] }],
		health: {
			check: { type: 'http', port, path: '/health' },
			intervalMs: 200,
			timeoutMs: 2_000,
			retries: 2,
			startPeriodMs: 20_000,
		},
		stopTimeoutMs: 5_000,
		memoryBytes: 1,
		diskBytes: 1,
		...change,
		env: { PORT: '${port.web}', BIND: '${bind}', DATA: '${volume.data}', ...change.env },
	};
}

/** A tarball of an npm package `small-app`, with an install script of its own and as many extra bytes as wanted. */
export function packSmallApp(folder: string, script: string, extraBytes = 0): string {
	const source = mkdtempSync(join(folder, 'source-'));
	const inner = join(source, 'package');
	mkdirSync(inner);
	writeFileSync(
		join(inner, 'package.json'),
		JSON.stringify({ name: 'small-app', version: '1.0.0', scripts: { install: script } }),
	);
	copyFileSync(SMALL_APP, join(inner, 'small-app.mjs'));
	writeFileSync(join(inner, 'extra'), randomBytes(extraBytes));
	const file = join(source, 'small-app.tgz');
	execFileSync('tar', ['-czf', file, '-C', source, 'package']);
	return file;
}

export const planOf = (...apps: PlannedApp[]): HostPlan => ({
	schema: 1,
	host: 'alder',
	revision: 1,
	apps: Object.fromEntries(apps.map((app) => [app.instance, app])),
});

export interface Told extends Reporter {
	steps: string[];
	notes: string[];
}

export function reporter(signal: AbortSignal = new AbortController().signal): Told {
	const steps: string[] = [];
	const notes: string[] = [];
	return { signal, steps, notes, progress: ({ step }) => void steps.push(step), note: ({ text }) => void notes.push(text) };
}

export interface Visit {
	visits: number;
	pid: number;
	label: string;
	env: string[];
}

export const visit = async (port: number): Promise<Visit> => (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as Visit;

export async function isServing(port: number): Promise<boolean> {
	try {
		return (await fetch(`http://127.0.0.1:${port}/health`)).status > 0;
	} catch {
		return false;
	}
}
