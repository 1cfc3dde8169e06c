import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from './paths.mjs';

// Inside node_modules, so that whoever removes that folder has what follows it proven again.
const FILE = join(projectRoot, 'node_modules', '.covey-setup.json');

/** What the last complete set-up of this checkout found, or null: `{ node, natsServer, natsVersion }`. */
export function lastFound() {
	try {
		return JSON.parse(readFileSync(FILE, 'utf8'));
	} catch (error) {
		if (error.code === 'ENOENT' || error instanceof SyntaxError) return null;
		throw error;
	}
}

export function remember(found) {
	if (JSON.stringify(lastFound()) === JSON.stringify(found)) return;
	const draft = join(dirname(FILE), `.covey-setup.${process.pid}`);
	writeFileSync(draft, JSON.stringify(found));
	renameSync(draft, FILE);
}
