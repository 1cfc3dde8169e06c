// `${…}` in texts of an entry: which ones there are, and where one is used that means nothing. Pure.
import type { EntryFields } from './fields.ts';
import { DATABASE_WORDS } from './partners.ts';

interface Text {
	path: (string | number)[];
	text: string;
}

const SSO_WORDS = ['issuer', 'discovery', 'clientId', 'clientSecret', 'providerName'].map((word) => `sso.${word}`);

export function strangePlaceholders(entry: EntryFields): { path: (string | number)[]; message: string }[] {
	const common = commonOf(entry);
	const around = [...common, 'host', 'url', 'instance', 'timezone'];
	const places = entry.volumes.map(({ name }) => `volume.${name}`);
	const programs = entry.process?.type === 'npm' ? ['package'] : ['program', 'bin'];
	const inProcess = entry.process && [...around, ...places, 'bind', 'node', ...programs];
	return [
		...strange(processTexts(entry), inProcess ?? []),
		...strange(initTexts(entry), [...(inProcess ?? []), 'folder']),
		...strange(fileTexts(entry), [...(inProcess ?? around), ...places]),
		...strange(serviceTexts(entry), around),
		...strange(ssoTexts(entry), [...around, ...SSO_WORDS]),
	];
}

/** Those that mean the same however the app runs. */
function commonOf({ ports, databases, secrets }: EntryFields): string[] {
	return [
		...ports.map(({ name }) => `port.${name}`),
		...databases.flatMap(({ name }) => DATABASE_WORDS.map((word) => `database.${name}.${word}`)),
		...secrets.map(({ name }) => `secret.${name}`),
	];
}

function strange(texts: readonly Text[], known: readonly string[]): { path: (string | number)[]; message: string }[] {
	const withAny = texts.filter(({ text }) => text.includes('${'));
	return withAny.flatMap(({ path, text }) =>
		[...text.matchAll(/\$\{([^}]*)\}/g)].flatMap(([whole, name = '']) =>
			known.includes(name)
				? []
				: [{ path, message: `${whole} means nothing here; known are ${known.map((one) => `\${${one}}`).join(' ')}` }],
		),
	);
}

function processTexts({ process, health }: EntryFields): Text[] {
	if (!process) return [];
	const check = health?.check.type === 'command' ? health.check.command : [];
	return [
		...listTexts(['process', 'command'], process.command),
		...mapTexts(['process', 'env'], process.env),
		...listTexts(['health', 'check', 'command'], check),
	];
}

const initTexts = ({ process }: EntryFields): Text[] =>
	process?.type === 'binary' && process.init ? listTexts(['process', 'init', 'command'], process.init.command) : [];

const fileTexts = ({ volumes }: EntryFields): Text[] =>
	volumes.flatMap(({ files = {} }, index) => mapTexts(['volumes', index, 'files'], files));

const serviceTexts = ({ services }: EntryFields): Text[] =>
	Object.entries(services).flatMap(([name, { environment, command = [], entrypoint = [], healthcheck, ports }]) => [
		...mapTexts(['services', name, 'environment'], environment),
		...listTexts(['services', name, 'command'], command),
		...listTexts(['services', name, 'entrypoint'], entrypoint),
		...listTexts(['services', name, 'healthcheck', 'test'], healthcheck?.test ?? []),
		...ports.map(({ target }, index) => ({ path: ['services', name, 'ports', index, 'target'], text: String(target) })),
	]);

function ssoTexts({ sso }: EntryFields): Text[] {
	return sso && 'environment' in sso ? mapTexts(['sso', 'environment'], sso.environment) : [];
}

const listTexts = (path: (string | number)[], texts: readonly string[]): Text[] =>
	texts.map((text, index) => ({ path: [...path, index], text }));

const mapTexts = (path: (string | number)[], texts: Readonly<Record<string, string>>): Text[] =>
	Object.entries(texts).map(([key, text]) => ({ path: [...path, key], text }));
