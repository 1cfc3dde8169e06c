import { expect, test } from 'vitest';
import { newerSuites, parseDeb822, parseOneLine, sourcesFor } from '../../runtime/setup/nats-ways/apt-sources.mjs';

const mirror = 'http://mirror.example/debian';

test('one-line sources are read with their options; comments and source packages are not', () => {
	const text = `# deb ${mirror} old main\ndeb [arch=amd64 signed-by=/keys/a.gpg] ${mirror} bookworm main contrib # note\ndeb-src ${mirror} bookworm main\n`;
	expect(parseOneLine(text)).toEqual([
		{ uris: [mirror], suites: ['bookworm'], components: ['main', 'contrib'], signedBy: '/keys/a.gpg' },
	]);
});

test('deb822 sources are read by paragraph; what is switched off or has only sources is not', () => {
	const text = [
		`# the main archive\nTypes: deb deb-src\nURIs: ${mirror}\nSuites: noble noble-updates\nComponents: main universe\nSigned-By: /keys/u.gpg`,
		`Types: deb\nEnabled: no\nURIs: ${mirror}\nSuites: off\nComponents: main`,
		`Types: deb-src\nURIs: ${mirror}\nSuites: noble\nComponents: main`,
	].join('\n\n');
	expect(parseDeb822(text)).toEqual([
		{ uris: [mirror], suites: ['noble', 'noble-updates'], components: ['main', 'universe'], signedBy: '/keys/u.gpg' },
	]);
});

test('a key written into the source itself survives', () => {
	const key = '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----';
	const [source] = parseDeb822(`Types: deb\nURIs: ${mirror}\nSuites: sid\nComponents: main\nSigned-By:${key}`);
	expect(source?.signedBy).toBe(key);
	expect(sourcesFor('testing', source ? [source] : [])).toContain(`Suites: testing\nComponents: main\nSigned-By: ${key}`);
});

test('another suite is offered from the same mirror with the same keys', () => {
	const text = sourcesFor('testing', [{ uris: [mirror], suites: ['bookworm'], components: ['main'], signedBy: '/keys/a.gpg' }]);
	expect(text).toBe(`Types: deb\nURIs: ${mirror}\nSuites: testing\nComponents: main\nSigned-By: /keys/a.gpg\n`);
});

test("the machine's own release is asked before newer ones", () => {
	expect(newerSuites({ id: 'debian', like: '', codename: 'bookworm' })).toEqual([
		'bookworm',
		'bookworm-backports',
		'testing',
		'unstable',
	]);
	expect(newerSuites({ id: 'linuxmint', like: 'ubuntu debian', codename: 'noble' })).toEqual([
		'noble',
		'noble-backports',
		'devel',
	]);
});
