import { findOnPath } from './paths.mjs';
import { TEST_TOOLS } from './pins.mjs';
import { run } from './run.mjs';
import { say, step } from './say.mjs';

/**
 * Programs that only tests need. Installed by itself in continuous integration (CI=true) or where root says
 * COVEY_INSTALL_TEST_TOOLS=1; on a person's machine it only says what is missing, and those tests are skipped.
 */
export async function ensureTestTools() {
	const missing = TEST_TOOLS.filter(({ program }) => !findOnPath(program));
	if (missing.length === 0) return;
	const packages = missing.map((tool) => tool.debianPackage);
	if (!mayInstall()) {
		const how = `apt install ${packages.join(' ')}, or as root COVEY_INSTALL_TEST_TOOLS=1 npm test`;
		say(`- Tests that need ${missing.map((tool) => tool.program).join(', ')} are skipped. To run them too: ${how}`);
		return;
	}
	await step(`Installing what only the tests need: ${packages.join(', ')}`, () => aptInstall(packages));
}

function mayInstall() {
	const asked = process.env.CI === 'true' || process.env.COVEY_INSTALL_TEST_TOOLS === '1';
	return asked && process.getuid?.() === 0 && findOnPath('apt-get') !== null;
}

// One source of the machine that does not answer must not stop what the others can give, so only the install decides.
async function aptInstall(packages) {
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	const install = ['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '-q', '--no-install-recommends', ...packages];
	await run('apt-get', ['update', '-q'], { env, minutes: 5 });
	const installed = await run('apt-get', install, { env, minutes: 10 });
	if (!installed.ok) say(`  apt-get ${installed.reason}: ${installed.output.trim().split('\n').at(-1)}; their tests are skipped`);
}
