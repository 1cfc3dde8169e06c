import { join } from 'node:path';
import { inScratch } from '../folder.mjs';
import { findOnPath } from '../paths.mjs';
import { run } from '../run.mjs';
import { step } from '../say.mjs';
import { keepInCache, passed } from './keep.mjs';

/** Copies the binary out of the store, where a garbage collection could take it away. */
export async function fromNix() {
	const nix = findOnPath('nix');
	if (!nix) return { passed: 'nix is not installed' };
	return step('Fetching nats-server with nix', () =>
		inScratch(async (folder) => {
			const link = join(folder, 'result');
			const args = ['--extra-experimental-features', 'nix-command flakes', 'build', '--out-link', link, 'nixpkgs#nats-server'];
			const built = await run(nix, args, { minutes: 15 });
			return built.ok ? keepInCache(join(link, 'bin', 'nats-server')) : passed('nix build', built);
		}),
	);
}
