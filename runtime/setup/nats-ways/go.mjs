import { join } from 'node:path';
import { inScratch } from '../folder.mjs';
import { findOnPath } from '../paths.mjs';
import { NATS_PINNED } from '../pins.mjs';
import { run } from '../run.mjs';
import { step } from '../say.mjs';
import { keepInCache, passed } from './keep.mjs';

/** Builds the pinned version; Go's checksum database vouches for the source. */
export async function fromGo() {
	const go = findOnPath('go');
	if (!go) return { passed: 'Go is not installed' };
	return step(`Building nats-server ${NATS_PINNED} with Go (a minute or two, once)`, () =>
		inScratch(async (folder) => {
			const built = await run(go, ['install', `github.com/nats-io/nats-server/v2@v${NATS_PINNED}`], {
				env: buildEnvironment(folder),
				minutes: 20,
			});
			return built.ok ? keepInCache(join(folder, 'nats-server')) : passed('go install', built);
		}),
	);
}

// Settings meant for the person's own projects (vendoring, workspaces, cross-compiling) would break the build.
function buildEnvironment(folder) {
	const { GOOS, GOARCH, GOARM, GOAMD64, ...rest } = process.env;
	return { ...rest, GOBIN: folder, GOFLAGS: '-trimpath', GOWORK: 'off', GO111MODULE: 'on', CGO_ENABLED: '0' };
}
