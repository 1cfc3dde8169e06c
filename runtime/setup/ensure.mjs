import { join } from 'node:path';
import { buildHost, builtHost } from './build-host.mjs';
import { buildPage, pageIsBuilt } from './build-page.mjs';
import { findNatsServer, presentNatsServer } from './find-nats-server.mjs';
import { findNode } from './find-node.mjs';
import { removeDrafts } from './folder.mjs';
import { lastFound, remember } from './found.mjs';
import { dependenciesMatch, installDependencies, proveSqlite } from './install-dependencies.mjs';
import { installNode } from './install-node.mjs';
import { withLock } from './lock.mjs';
import { natsWays } from './nats-ways/all.mjs';
import { cacheDirectory, projectRoot } from './paths.mjs';

/**
 * Brings this checkout to the state where Covey runs, doing only what is missing. Each step may die anywhere and be run
 * again; two set-ups at once wait for each other. Answers `{ node, natsServer, natsVersion }`; throws SetupFailure.
 */
export async function ensure() {
	const node = findNode() ?? (await holdingCache(() => findNode() ?? installNode()));
	await ensureDependencies(node);
	const nats = await ensureNatsServer();
	if (!pageIsBuilt()) await holdingCheckout(async () => pageIsBuilt() || buildPage(node));
	if (!builtHost()) await holdingCheckout(async () => builtHost() || buildHost(node));
	const found = { node, natsServer: nats.found, natsVersion: nats.version };
	remember(found);
	return found;
}

// Without the file of findings the last set-up did not end, so what it had installed is proven again.
async function ensureDependencies(node) {
	if (dependenciesMatch() && lastFound()?.node === node) return;
	await holdingCheckout(async () => {
		if (!dependenciesMatch()) await installDependencies(node);
		await proveSqlite(node);
	});
}

async function ensureNatsServer() {
	return (await presentNatsServer(natsWays)) ?? holdingCache(() => findNatsServer(natsWays));
}

function holdingCache(work) {
	return withLock(join(cacheDirectory(), 'setup.lock'), () => {
		removeDrafts(cacheDirectory());
		return work();
	});
}

function holdingCheckout(work) {
	return withLock(join(projectRoot, '.covey', 'setup.lock'), work);
}
