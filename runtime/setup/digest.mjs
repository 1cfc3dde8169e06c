import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectRoot } from './paths.mjs';

/** Changes with every change of the files, or of the files under the folders, whose names `counts` accepts. Paths are of this checkout. */
export function digestOf(paths, counts = () => true) {
	const hash = createHash('sha256');
	const files = paths.flatMap((path) => filesUnder(join(projectRoot, path))).filter(counts);
	for (const file of files.sort()) {
		hash
			.update(`${relative(projectRoot, file)}\0`)
			.update(readFileSync(file))
			.update('\0');
	}
	return hash.digest('hex');
}

function filesUnder(path) {
	if (statSync(path).isFile()) return [path];
	return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
		const inside = join(path, entry.name);
		return entry.isDirectory() ? filesUnder(inside) : [inside];
	});
}
