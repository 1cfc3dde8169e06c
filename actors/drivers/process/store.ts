// The content-addressed store: `<data>/store/<hash>/` holds one installed source, complete or not at all.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, syncFolder, writeJson } from '../../../runtime/disk/durable.ts';
import type { Reporter } from '../driver.ts';
import { orDiskFull } from './disk-full.ts';
import { buildProgram, type GoSource } from './go.ts';
import type { Layout } from './layout.ts';
import { installPackage, type Npm, type NpmSource } from './npm.ts';
import { runTool } from './tool.ts';

/** What is fetched and kept: an npm package, or a program built of a Go module. */
export type StoredSource = NpmSource | GoSource;

export interface Store {
	/** Installs the source unless it is there. Returns its hash. */
	ensure(source: StoredSource, report: Reporter): Promise<string>;
	path(hash: string): string;
	has(hash: string): boolean;
	/** Removes every entry whose hash is not in `live`. Returns the removed ones. */
	keepOnly(live: ReadonlySet<string>): string[];
}

export interface StoreOptions {
	layout: Layout;
	npm: Npm;
	/** The version npm is asked for. */
	spec(source: NpmSource): string;
}

export function openStore({ layout, npm, spec }: StoreOptions): Store {
	const path = (hash: string) => join(layout.store, hash);
	const has = (hash: string) => existsSync(path(hash));
	return {
		path,
		has,
		ensure: async (source, report) => {
			const wanted = source.type === 'npm' ? spec(source) : source.version;
			const hash = sourceHash(source, wanted);
			const name = `${source.package}@${source.version}`;
			if (has(hash)) {
				report.note({ kind: 'decide', text: `${name} is in the store already` });
				return hash;
			}
			const startedAt = Date.now();
			const { signal, progress } = report;
			const put = (into: string) =>
				source.type === 'npm'
					? installPackage(into, source, npm, { signal, progress, spec: wanted })
					: buildProgram(into, source, { signal, progress, marker: npm.marker });
			await orDiskFull(`installing ${source.package}`, () => fill(layout, path(hash), source, put, signal));
			report.note({
				kind: 'run',
				text: `${source.type === 'npm' ? 'npm install' : 'go build'} ${name}`,
				ms: Date.now() - startedAt,
			});
			return hash;
		},
		keepOnly: (live) => {
			const dead = readdirSync(layout.store).filter((hash) => !live.has(hash));
			for (const hash of dead) {
				// By rename first: a kill in the middle of the removal leaves no half entry in the store.
				const grave = join(layout.building, `dead-${hash}`);
				renameSync(path(hash), grave);
				rmSync(grave, { recursive: true, force: true });
			}
			return dead;
		},
	};
}

/** Everything that changes what would be fetched: native modules differ by Node's ABI, platform and processor. */
export function sourceHash(source: StoredSource, spec: string): string {
	const { package: name, version } = source;
	const { platform, arch, versions } = process;
	const parts =
		source.type === 'npm'
			? [name, version, spec, Object.entries(source.overrides ?? {}).sort(), versions.modules, platform, arch]
			: ['go', source.module, name, version, platform, arch];
	return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

async function fill(
	layout: Layout,
	final: string,
	source: StoredSource,
	put: (into: string) => Promise<void>,
	signal: AbortSignal,
): Promise<void> {
	const temporary = join(layout.building, randomUUID());
	mkdirSync(temporary, { recursive: true, mode: 0o755 });
	try {
		await put(temporary);
		writeJson(join(temporary, 'covey-source.json'), { ...source, installedAt: Date.now() });
		await syncTree(temporary, signal);
		renameSync(temporary, final);
		syncFolder(layout.store);
	} catch (error) {
		rmSync(temporary, { recursive: true, force: true });
		if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
	}
}

/** A rename may reach the disk before the files it names: after a power cut they would be empty. */
async function syncTree(folder: string, signal: AbortSignal): Promise<void> {
	const finished = await runTool(['sync', '-f', folder], {
		cwd: folder,
		env: { PATH: process.env['PATH'] ?? '' },
		signal,
		limitMs: 120_000,
	});
	if (finished.status === 'failed' && !finished.exit.includes('ENOENT'))
		throw new Error(`sync failed: ${finished.lines.join(' ') || finished.exit}`);
}
