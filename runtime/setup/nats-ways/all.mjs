import { fromApt } from './apt.mjs';
import { fromGo } from './go.mjs';
import { fromNix } from './nix.mjs';
import { fromCache, fromPath, fromVariable } from './present.mjs';
import { fromRelease } from './release.mjs';

/** Every way to a nats-server, in the order they are tried: what is there already, then what verifies best. */
export const natsWays = [
	{ name: 'COVEY_NATS_SERVER', find: fromVariable },
	{ name: 'the cache', find: fromCache },
	{ name: 'PATH', find: fromPath },
	{ name: 'go install', find: fromGo, fetches: true },
	{ name: 'nix', find: fromNix, fetches: true },
	{ name: 'a distribution package, unpacked privately', find: fromApt, fetches: true },
	{ name: "the project's release", find: fromRelease, fetches: true },
];
