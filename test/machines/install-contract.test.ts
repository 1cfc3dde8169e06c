// What a person may send to an install: parsed at the door, before anything is written.
import { expect, test } from 'vitest';
import { InstallCommand } from '../../machines/install/contract.ts';

const update = (version: unknown) => InstallCommand.safeParse({ type: 'install.update', version }).success;

test.each(['../../x', 'file:../x', 'https://example.org/x.tgz', 'git+ssh://x', 'latest', '*', '>=1', '1.0.0 || 2', '-g', ''])(
	'an update to "%s" is refused: npm would take it for a folder, an address or a range',
	(version) => {
		expect(update(version)).toBe(false);
	},
);

test('an update to an exact version, or to that of the catalog, is taken', () => {
	for (const version of ['26.9.0', '1.0.0-beta.1', null]) expect(update(version)).toBe(true);
});
