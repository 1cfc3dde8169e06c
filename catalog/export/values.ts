// What placeholders of an entry mean outside Covey. Pure.
import type { CatalogEntry } from '../entry.ts';
import { serverOf } from './database-server.ts';

export interface Exporting {
	entry: CatalogEntry;
	instance: string;
	ports: Readonly<Record<string, number>>;
	/** What a person must know or do. */
	notes: string[];
	/** Texts beside the Compose file, by path. */
	files: Record<string, string>;
}

export interface Values {
	/** The text with its placeholders replaced, as a Compose file writes it: a dollar is two. */
	fill(text: string, more?: Readonly<Record<string, string>>): string;
	/** Names of the file `.env` that have been used so far. */
	variables(): string[];
}

export function valuesFor({ entry, instance, ports }: Exporting): Values {
	const used = new Set<string>();
	const variable = (name: string): string => {
		used.add(name);
		return `\${${name}:?put its value into .env}`;
	};
	const web = entry.ports.find((port) => port.web !== undefined);
	const fixed: Record<string, string> = {
		instance,
		host: 'localhost',
		url: web ? `http://localhost:${ports[web.name] ?? web.default}` : 'http://localhost',
		timezone: '${TZ:-Etc/UTC}',
	};
	const placeholderValue = (name: string): string | null => {
		const [kind = '', one = '', word = ''] = name.split('.');
		if (kind === 'port') return String(portNumber(entry, ports, one));
		if (kind === 'secret') return variable(variableName('SECRET', one));
		if (kind === 'database') return databaseValue(entry, one, word, () => variable(variableName('DATABASE', one, 'PASSWORD')));
		return fixed[name] ?? null;
	};
	return {
		fill: (text, more = {}) =>
			text.replace(/\$\{([^}]*)\}|\$/g, (whole, name?: string) => {
				if (name === undefined) return '$$';
				return more[name] ?? placeholderValue(name) ?? whole;
			}),
		variables: () => [...used].sort(),
	};
}

export const variableName = (...parts: string[]): string => parts.join('_').toUpperCase().replaceAll('-', '_');

export function portNumber(entry: CatalogEntry, ports: Readonly<Record<string, number>>, name: string): number {
	return ports[name] ?? entry.ports.find((port) => port.name === name)?.default ?? 0;
}

function databaseValue(entry: CatalogEntry, name: string, word: string, password: () => string): string | null {
	const database = entry.databases.find((one) => one.name === name);
	if (!database) return null;
	const { host, port, scheme, user, path } = serverOf(database);
	const values: Record<string, () => string> = {
		host: () => host,
		port: () => String(port),
		name: () => path,
		user: () => user,
		password,
		url: () => `${scheme}://${user}:${password()}@${host}:${port}/${path}`,
	};
	return values[word]?.() ?? null;
}
