import { dirname, join } from 'node:path';
import { builtHost } from './build-host.mjs';
import { projectRoot } from './paths.mjs';
import { isAtLeast } from './version.mjs';

// A host is idle most of the time (N6, measured with test/bench/memory.ts): a small young generation; no start-up snapshot of Node,
// which every thread unpacks in full (7 MB); neither of the optimising compilers, whose own code is 10 MB of every process in which
// anything ever gets warm, while Sparkplug stays; code that was not used during two collections is compiled anew when it is.
const FLAGS = ['--max-semi-space-size=1', '--no-node-snapshot'];
const FLAGS_OF_24 = ['--no-opt', '--no-maglev', '--optimize-for-size', '--bytecode-old-age=2', '--expose-gc'];

// One malloc arena, and what is not small is given back at once: the compiler's work at the start left 9 MB of holes.
const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '16384', MALLOC_MMAP_THRESHOLD_: '16384' };

// For a process that hardly does anything: nothing kept in advance, and no cache of small pieces.
const MALLOC_OF_WITNESS = { ...MALLOC, MALLOC_TOP_PAD_: '0', GLIBC_TUNABLES: 'glibc.malloc.tcache_count=0' };

const FLAGS_OF_WITNESS_24 = [
	'--single-threaded',
	'--optimize-for-size',
	'--bytecode-old-age=2',
	'--compact-on-every-full-gc',
	'--expose-gc',
];
// It does so little that it can be interpreted; stripping types from sources needs WebAssembly, hence a compiler.
const INTERPRETED = ['--jitless'];
const COMPILED = ['--no-opt', '--no-maglev'];

/** How a Node of that version runs a host: its arguments up to the program, and what is added to the environment. */
export function hostLaunch(version = process.versions.node) {
	const built = builtHost();
	return {
		args: [...hostFlags(version), built ?? join(projectRoot, 'covey.ts')],
		// Sources must be stripped of their types first; the built host starts as quickly without keeping compiled code.
		env: built ? MALLOC : { ...MALLOC, NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'covey') },
	};
}

/** How this Node runs a witness. */
export function witnessLaunch() {
	const built = builtHost();
	const flags = isAtLeast(process.versions.node, '24.0.0')
		? [...FLAGS, ...FLAGS_OF_WITNESS_24, ...(built ? INTERPRETED : COMPILED)]
		: FLAGS;
	return {
		args: [...flags, built ? join(dirname(built), 'witness.mjs') : join(projectRoot, 'runtime', 'boot', 'witness.ts')],
		env: built
			? MALLOC_OF_WITNESS
			: { ...MALLOC_OF_WITNESS, NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'covey') },
	};
}

/** The flags of a Node of that version for a host. */
export function hostFlags(version = process.versions.node) {
	return isAtLeast(version, '24.0.0') ? [...FLAGS, ...FLAGS_OF_24] : FLAGS;
}
