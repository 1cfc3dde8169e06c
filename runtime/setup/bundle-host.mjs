// Makes the program of a host: `node bundle-host.mjs FOLDER` writes covey.mjs, witness.mjs and their parts there. What it does beside joining
// files is about memory: sources in ASCII (one other character doubles the text V8 keeps), and Node's own modules by
// `getBuiltinModule`, because importing node:http as a module loads the whole of undici, and by need where a host rarely needs them.
import { writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { projectRoot } from './paths.mjs';

const [folder] = process.argv.slice(2);
const WORKER = "new URL('./heartbeat-worker.ts', import.meta.url)";
const BY_NEED = new Set(['cluster', 'dgram', 'http2', 'http', 'https', 'perf_hooks', 'readline', 'readline/promises', 'zlib']);
const BUILTIN = '\0builtin:';

await build({ covey: join(projectRoot, 'covey.ts'), 'heartbeat-worker': join(projectRoot, 'nats', 'heartbeat-worker.ts') });
// On its own: in parts shared with the host it would load what only the host needs.
await build({ witness: join(projectRoot, 'runtime', 'boot', 'witness.ts') });

async function build(input) {
	const bundle = await rolldown({
		input,
		platform: 'node',
		cwd: projectRoot,
		external: ['better-sqlite3', 'systeminformation'],
		plugins: [builtins(), places()],
	});
	const { output } = await bundle.generate({
		format: 'esm',
		entryFileNames: '[name].mjs',
		chunkFileNames: '[name]-[hash].mjs',
		minify: true,
	});
	for (const { fileName, code } of output) writeFileSync(join(folder, fileName), inAscii(code));
}

function builtins() {
	return {
		name: 'builtins',
		resolveId(id, importer) {
			const name = id.replace(/^node:/, '');
			// The bundle's own loader is built on this one.
			if (importer && isBuiltin(id) && name !== 'module') return BUILTIN + name;
			return null;
		},
		load(id) {
			if (!id.startsWith(BUILTIN)) return null;
			const name = id.slice(BUILTIN.length);
			const found = `process.getBuiltinModule(${JSON.stringify(name)})`;
			if (!BY_NEED.has(name)) return { code: `module.exports = ${found};`, moduleType: 'js' };
			const parts = Object.keys(process.getBuiltinModule(name)).map((part) => `get ${part}() { return ${found}.${part}; }`);
			return { code: `module.exports = { ${parts.join(', ')} };`, moduleType: 'js' };
		},
	};
}

/** Files beside the sources are still found there; the worker's program lies beside the bundle. */
function places() {
	return {
		name: 'places',
		transform(code, id) {
			if (!id.startsWith(projectRoot) || id.includes('node_modules') || !code.includes('import.meta')) return null;
			const [before, after] = code.split(WORKER);
			const moved = [before, after].map((part) => part && inPlace(part, id));
			return { code: moved.filter((part) => part !== undefined).join(WORKER.replace('.ts', '.mjs')), map: null };
		},
	};
}

function inPlace(code, file) {
	return code
		.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href))
		.replaceAll('import.meta.filename', JSON.stringify(file))
		.replaceAll('import.meta.dirname', JSON.stringify(dirname(file)));
}

function inAscii(code) {
	return code.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
