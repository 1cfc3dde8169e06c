// The project's files as the repository's own rules see them.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const notOurs = new Set(['node_modules', '.git', '.covey', 'dist', 'bench-results']);
const textual = /\.(ts|tsx|mjs|js|json|md|yaml|yml|nix|css|html|sh)$|(^|\/)(\.ci\/run|LICENSE|\.[a-z]+)$/;

/** Paths of all files, relative to the root, with forward slashes. */
export function allFiles(folder = projectRoot): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		if (notOurs.has(entry.name)) return [];
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return allFiles(path);
		return entry.isFile() ? [relative(projectRoot, path)] : [];
	});
}

export function textFiles(): string[] {
	return allFiles().filter((file) => textual.test(file));
}

export function sourceFiles(): string[] {
	return allFiles().filter((file) => /\.(ts|tsx|mjs)$/.test(file));
}

export function read(file: string): string {
	return readFileSync(join(projectRoot, file), 'utf8');
}

export function lineCount(file: string): number {
	return read(file).split('\n').length - 1;
}

/** The paths of our own files that a file imports or re-exports, relative to the root. */
export function importsOf(file: string): string[] {
	const text = read(file);
	const statements = text.matchAll(/^(?:import|export)\b[^;'"`]*?\bfrom\s+['"](\.[^'"]+)['"]/gm);
	const bare = text.matchAll(/^import\s+['"](\.[^'"]+)['"]/gm);
	const dynamic = text.matchAll(/\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/g);
	const paths = [...statements, ...bare, ...dynamic].map((match) => match[1] ?? '');
	return paths.map((path) => join(dirname(file), path));
}

/** `runtime/engine`, `machines`, `test`, ... or `.` for a file of the root. */
export function roomOf(file: string): string {
	const [first = '', second = ''] = file.split('/');
	if (first === basename(file)) return '.';
	return first === 'runtime' ? `${first}/${second}` : first;
}
