// An app as a folder that runs without Covey: a Compose file, what it builds from, and a text for people. Pure; data is copied by others.
import { stringify } from 'yaml';
import type { CatalogEntry } from '../entry.ts';
import { databaseServices } from './database-services.ts';
import { processService } from './process-service.ts';
import { type Copied, readme } from './readme.ts';
import { containerServices } from './services.ts';
import { type Exporting, valuesFor } from './values.ts';

export interface ExportRequest {
	entry: CatalogEntry;
	instance: string;
	/** Numbers on the host, by the app's names of its ports. */
	ports: Readonly<Record<string, number>>;
	copied: Copied;
}

/** Texts by path. Data belongs into `data/<volume>`. */
export function exportApp({ entry, instance, ports, copied }: ExportRequest): { files: Record<string, string>; notes: string[] } {
	const exporting: Exporting = { entry, instance, ports, notes: [], files: {} };
	const values = valuesFor(exporting);
	const usesContainers = Object.keys(entry.services).length > 0;
	const services = usesContainers ? containerServices(exporting, values) : { [instance]: processService(exporting, values) };
	const compose = { name: instance, services: { ...services, ...databaseServices(exporting) } };
	const variables = values.variables();
	// In quotes: readers of older YAML take `2222:22` for a number.
	const text = stringify(compose, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
	const files = {
		...exporting.files,
		'compose.yaml': text,
		...(variables.length > 0 ? { '.env': `${variables.map((name) => `${name}=`).join('\n')}\n` } : {}),
	};
	return { files: { ...files, 'README.md': readme(exporting, copied, variables) }, notes: exporting.notes };
}
