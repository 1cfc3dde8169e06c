// An app as a folder that runs without Covey: a Compose file, what it builds from, and a text for people. Data is copied by others.
import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import type { CatalogEntry } from '../entry.ts';
import { databaseServices } from './database-services.ts';
import { processService } from './process-service.ts';
import { type Copied, readme } from './readme.ts';
import { containerServices } from './services.ts';
import { type Exporting, valuesFor, variableName } from './values.ts';

export interface ExportRequest {
	entry: CatalogEntry;
	instance: string;
	/** Numbers on the host, by the app's names of its ports. */
	ports: Readonly<Record<string, number>>;
	copied: Copied;
	/** Values of secrets, by their names: `secret.admin`; those that are missing are left open. */
	secrets?: Readonly<Record<string, string>>;
}

/** Texts by path. Data belongs into `data/<volume>`. */
export function exportApp({ entry, instance, ports, copied, secrets = {} }: ExportRequest): {
	files: Record<string, string>;
	notes: string[];
} {
	const exporting: Exporting = { entry, instance, ports, notes: [], files: {} };
	const values = valuesFor(exporting);
	const usesContainers = Object.keys(entry.services).length > 0;
	const services = usesContainers ? containerServices(exporting, values) : { [instance]: processService(exporting, values) };
	const compose = { name: instance, services: { ...services, ...databaseServices(exporting, copied.dumped) } };
	const variables = values.variables();
	// In quotes: readers of older YAML take `2222:22` for a number.
	const text = stringify(compose, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
	const settings = settingsFor(entry, secrets);
	const open = variables.filter((name) => settings[name] === undefined);
	const files = {
		...exporting.files,
		'compose.yaml': text,
		...(variables.length > 0 ? { '.env': variables.map((name) => `${name}=${settings[name] ?? ''}\n`).join('') } : {}),
	};
	return { files: { ...files, 'README.md': readme(exporting, copied, open) }, notes: exporting.notes };
}

/** The databases are new ones, so each gets a new password. */
function settingsFor({ secrets, databases }: CatalogEntry, values: Readonly<Record<string, string>>): Record<string, string> {
	return {
		...Object.fromEntries(
			databases.map(({ name }) => [variableName('DATABASE', name, 'PASSWORD'), randomBytes(18).toString('hex')]),
		),
		...Object.fromEntries(
			secrets.flatMap(({ name }) => {
				const value = values[`secret.${name}`];
				return value === undefined ? [] : [[variableName('SECRET', name), quoted(value)]];
			}),
		),
	};
}

/** Compose reads `.env` as a shell would: what is in single quotes stays as it is. */
const quoted = (value: string): string => (/^[\w.+/=-]*$/.test(value) ? value : `'${value.replaceAll("'", "\\'")}'`);
