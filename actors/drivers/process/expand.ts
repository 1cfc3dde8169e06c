// Placeholders in an app's command, environment and first files become values. Pure, and never a shell.
import { dirname } from 'node:path';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { PlannedApp, PlannedDatabase } from '../plan.ts';
import { timezone } from './timezone.ts';

export interface Places {
	/** Folder of the npm package, absent for programs. */
	package?: string;
	/** Path of the program, absent for npm packages. */
	program?: string;
	/** Where the first start makes what it makes. */
	folder?: string;
	node: string;
	volume(name: string): string;
	/** By the names of their placeholders. */
	secrets: ReadonlyMap<string, string>;
}

/** Gives a function that expands one text. Rejects an unknown placeholder with BAD_CATALOG. */
export function expander(app: PlannedApp, places: Places): (text: string, where: string) => string {
	const values = placeholderValues(app, places);
	const hidden = new Set([...places.secrets.keys(), ...(app.databases ?? []).map(({ name }) => `database.${name}.url`)]);
	return (text, where) =>
		text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => {
			const value = values.get(name);
			if (where === ARGV && hidden.has(name)) throw wouldShow(app, whole);
			if (value === undefined) throw unknownPlaceholder(app, whole, where, [...values.keys()]);
			return value;
		});
}

/** What everybody on the machine can read. */
export const ARGV = 'command';

function placeholderValues(app: PlannedApp, places: Places): Map<string, string> {
	const values = new Map([
		['node', places.node],
		['bind', app.ports[0]?.bind ?? '127.0.0.1'],
		['instance', app.instance],
		['timezone', timezone()],
		['host', app.address?.host ?? '127.0.0.1'],
		['url', app.address?.url ?? ''],
		...places.secrets,
		...(app.databases ?? []).flatMap((one) => databaseValues(one, places.secrets)),
	]);
	if (places.package !== undefined) values.set('package', places.package);
	if (places.program !== undefined) values.set('program', places.program).set('bin', dirname(places.program));
	if (places.folder !== undefined) values.set('folder', places.folder);
	for (const volume of app.volumes) values.set(`volume.${volume.name}`, places.volume(volume.name));
	for (const port of app.ports) values.set(`port.${port.name}`, String(port.port));
	return values;
}

const SCHEMES = { postgres: 'postgres', mariadb: 'mysql', redis: 'redis' } as const;

function databaseValues(one: PlannedDatabase, secrets: ReadonlyMap<string, string>): [string, string][] {
	const { name, type, host, port, database, user } = one;
	const password = secrets.get(`database.${name}.password`) ?? '';
	const url = `${SCHEMES[type]}://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
	const values = { host, port: String(port), name: database, user, url };
	return Object.entries(values).map(([word, value]) => [`database.${name}.${word}`, value]);
}

const wouldShow = (app: PlannedApp, placeholder: string): CoveyError =>
	new CoveyError('BAD_CATALOG', `${app.app}: the command uses ${placeholder}, and everybody on the machine can read a command.`, {
		details: { app: app.app, field: ARGV, placeholder },
	});

function unknownPlaceholder(app: PlannedApp, placeholder: string, where: string, known: string[]): CoveyError {
	const message = `${app.app}: ${where} uses ${placeholder}, which does not exist here; known are ${known.map((name) => `\${${name}}`).join(' ')}`;
	return new CoveyError('BAD_CATALOG', message, { details: { app: app.app, field: where, placeholder } });
}
