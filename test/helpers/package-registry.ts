// An npm registry with one small package, for apps that must be built in a test: real npm, a known pace, no network.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NOTES = fileURLToPath(new URL('../cluster/fixtures/notes.mjs', import.meta.url));
const SCOPE = '@covey-test';

/** What catalog entries of tests name; its program is `notes.mjs`. A host builds each version once, so there are several. */
export const BUILT_PACKAGE = { name: `${SCOPE}/notes`, versions: ['1.0.0', '2.0.0', '3.0.0'] };

/** Its install script takes this long: there is time to meet it while it is built. */
const BUILD_MS = 4_000;
/** More than a small disk of a test holds. */
const BYTES = 4_000_000;

export interface PackageRegistry {
	/** For hosts whose npm is to find the package. */
	env: Record<string, string>;
	stop(): Promise<void>;
}

export async function startPackageRegistry(): Promise<PackageRegistry> {
	const tarballs = new Map(BUILT_PACKAGE.versions.map((version) => [`/notes-${version}.tgz`, packed(version)]));
	const server = createServer((request, response) => {
		const path = decodeURIComponent(request.url ?? '');
		const tarball = tarballs.get(path);
		if (tarball) response.end(tarball);
		else if (path === `/${BUILT_PACKAGE.name}`)
			response.end(JSON.stringify(packument(`http://${request.headers.host}`, tarballs)));
		else response.writeHead(404).end('{}');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	server.unref();
	return {
		env: { [`npm_config_${SCOPE}:registry`]: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` },
		stop: () => {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(() => resolve()));
		},
	};
}

function packed(version: string): Buffer {
	const folder = mkdtempSync(join(tmpdir(), 'covey-package-'));
	try {
		const inner = join(folder, 'package');
		mkdirSync(inner);
		writeFileSync(join(inner, 'package.json'), JSON.stringify(manifest(version)));
		copyFileSync(NOTES, join(inner, 'notes.mjs'));
		writeFileSync(join(inner, 'extra'), randomBytes(BYTES));
		execFileSync('tar', ['-czf', join(folder, 'notes.tgz'), '-C', folder, 'package']);
		return readFileSync(join(folder, 'notes.tgz'));
	} finally {
		rmSync(folder, { recursive: true });
	}
}

const manifest = (version: string) => ({
	name: BUILT_PACKAGE.name,
	version,
	scripts: { install: `node -e "setTimeout(() => {}, ${BUILD_MS})"` },
});

function packument(base: string, tarballs: ReadonlyMap<string, Buffer>): object {
	const versions = [...tarballs].map(([path, tarball], index) => {
		const version = BUILT_PACKAGE.versions[index] as string;
		const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
		return [version, { ...manifest(version), hasInstallScript: true, dist: { tarball: `${base}${path}`, integrity } }];
	});
	return { name: BUILT_PACKAGE.name, 'dist-tags': { latest: '1.0.0' }, versions: Object.fromEntries(versions) };
}
