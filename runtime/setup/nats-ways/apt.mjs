import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inScratch } from '../folder.mjs';
import { findOnPath } from '../paths.mjs';
import { run } from '../run.mjs';
import { step } from '../say.mjs';
import { newerSuites, readSources, sourcesFor } from './apt-sources.mjs';
import { keepInCache, passed } from './keep.mjs';

/**
 * Takes nats-server from a newer suite of the machine's own distribution and mirror: downloaded with a private apt
 * configuration (signatures checked with the system's keys) and unpacked, never installed. Needs no root.
 */
export async function fromApt() {
	if (!findOnPath('apt-get') || !findOnPath('dpkg-deb')) return { passed: 'this is no Debian or Ubuntu' };
	const release = osRelease();
	const sources = readSources('/etc/apt').filter((source) => source.suites.includes(release.codename));
	if (sources.length === 0) return { passed: `apt's sources name no mirror for ${release.codename || 'this release'}` };
	const reasons = [];
	for (const suite of newerSuites(release)) {
		const answer = await step(`Looking for nats-server in the distribution's ${suite}`, () =>
			inScratch((folder) => take(suite, sources, folder)),
		);
		if ('found' in answer) return answer;
		reasons.push(`${suite}: ${answer.passed}`);
	}
	return { passed: reasons.join('; ') };
}

async function take(suite, sources, folder) {
	const config = writeConfig(folder, sourcesFor(suite, sources));
	const updated = await run('apt-get', ['-c', config, 'update'], { minutes: 5 });
	if (!updated.ok) return passed('apt-get update', updated);
	const downloaded = await run('apt-get', ['-c', config, 'download', 'nats-server'], { cwd: folder, minutes: 5 });
	if (!downloaded.ok) return passed('apt-get download', downloaded);
	const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
	if (!archive) return { passed: 'apt-get download left no package' };
	const unpacked = await run('dpkg-deb', ['-x', join(folder, archive), join(folder, 'root')], { minutes: 2 });
	if (!unpacked.ok) return passed('dpkg-deb', unpacked);
	const binary = ['usr/bin', 'usr/sbin'].map((place) => join(folder, 'root', place, 'nats-server'));
	return keepInCache(findOnPath('nats-server', { PATH: binary.map((file) => join(file, '..')).join(':') }) ?? binary[0]);
}

/** Everything apt would write goes into `folder`; hooks of the system's configuration are switched off. */
function writeConfig(folder, sources) {
	for (const name of ['lists/partial', 'archives/partial', 'parts']) mkdirSync(join(folder, name), { recursive: true });
	writeFileSync(join(folder, 'status'), '');
	writeFileSync(join(folder, 'covey.sources'), sources);
	writeFileSync(join(folder, 'empty.list'), '');
	const settings = {
		'Dir::State': folder,
		'Dir::State::lists': join(folder, 'lists'),
		'Dir::State::status': join(folder, 'status'),
		'Dir::Cache': folder,
		'Dir::Cache::archives': join(folder, 'archives'),
		'Dir::Etc::sourcelist': join(folder, 'covey.sources'),
		'Dir::Etc::sourceparts': join(folder, 'parts'),
		'Dir::Etc::preferencesparts': join(folder, 'parts'),
		'Dir::Etc::preferences': join(folder, 'empty.list'),
		'Acquire::Languages': 'none',
		'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
		'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled': 'false',
		'APT::Sandbox::User': '',
	};
	const hooks = ['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success', 'DPkg::Post-Invoke'];
	const lines = [
		...hooks.map((hook) => `#clear ${hook};`),
		...Object.entries(settings).map(([key, value]) => `${key} "${value}";`),
	];
	const file = join(folder, 'apt.conf');
	writeFileSync(file, `${lines.join('\n')}\n`);
	return file;
}

function osRelease() {
	const text = readFileSync('/etc/os-release', 'utf8');
	const field = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
	return { id: field('ID'), like: field('ID_LIKE'), codename: field('VERSION_CODENAME') };
}
