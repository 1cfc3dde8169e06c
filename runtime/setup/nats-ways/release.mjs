import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inScratch } from '../folder.mjs';
import { NATS_RELEASE } from '../pins.mjs';
import { run } from '../run.mjs';
import { step } from '../say.mjs';
import { keepInCache, passed } from './keep.mjs';

const LONGEST_DOWNLOAD = 5 * 60_000;
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64', arm: 'arm7' };

/** Downloads the archive the project released and takes it only with the pinned SHA-256. */
export async function fromRelease() {
	const target = `${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
	const expected = NATS_RELEASE.sha256[target];
	if (!expected) return { passed: `no checksum is known for ${target}` };
	const name = `nats-server-v${NATS_RELEASE.version}-${target}`;
	return step(`Downloading ${name}`, () => inScratch((folder) => downloadAndUnpack(name, expected, folder)));
}

async function downloadAndUnpack(name, expected, folder) {
	const url = `https://github.com/nats-io/nats-server/releases/download/v${NATS_RELEASE.version}/${name}.tar.gz`;
	const download = await fetchBytes(url);
	if ('passed' in download) return download;
	const actual = createHash('sha256').update(download.bytes).digest('hex');
	if (actual !== expected) return { passed: `the download has SHA-256 ${actual}, not ${expected}: it was thrown away` };
	const archive = join(folder, 'archive.tar.gz');
	writeFileSync(archive, download.bytes);
	const unpacked = await run('tar', ['-xzf', archive, '-C', folder], { minutes: 2 });
	return unpacked.ok ? keepInCache(join(folder, name, 'nats-server')) : passed('tar', unpacked);
}

async function fetchBytes(url) {
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(LONGEST_DOWNLOAD) });
		if (!response.ok) return { passed: `the download answered ${response.status}` };
		return { bytes: Buffer.from(await response.arrayBuffer()) };
	} catch (error) {
		return { passed: `the download failed: ${error.cause?.message ?? error.message}` };
	}
}
