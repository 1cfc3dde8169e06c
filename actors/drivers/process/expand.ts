// Placeholders in an app's command, environment and first files become values. Pure, and never a shell.
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { PlannedApp } from '../plan.ts';

export interface Places {
	/** Folder of the npm package, absent for programs. */
	package?: string;
	/** Path of the program, absent for npm packages. */
	program?: string;
	node: string;
	volume(name: string): string;
}

/** Gives a function that expands one text. Rejects an unknown placeholder with BAD_CATALOG. */
export function expander(app: PlannedApp, places: Places): (text: string, where: string) => string {
	const values = placeholderValues(app, places);
	return (text, where) =>
		text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => {
			const value = values.get(name);
			if (value === undefined) throw unknownPlaceholder(app, whole, where, [...values.keys()]);
			return value;
		});
}

function placeholderValues(app: PlannedApp, places: Places): Map<string, string> {
	const values = new Map([
		['node', places.node],
		['bind', app.ports[0]?.bind ?? '127.0.0.1'],
	]);
	if (places.package !== undefined) values.set('package', places.package);
	if (places.program !== undefined) values.set('program', places.program);
	for (const volume of app.volumes) values.set(`volume.${volume.name}`, places.volume(volume.name));
	for (const port of app.ports) values.set(`port.${port.name}`, String(port.port));
	return values;
}

function unknownPlaceholder(app: PlannedApp, placeholder: string, where: string, known: string[]): CoveyError {
	const message = `${app.app}: ${where} uses ${placeholder}, which does not exist here; known are ${known.map((name) => `\${${name}}`).join(' ')}`;
	return new CoveyError('BAD_CATALOG', message, { details: { app: app.app, field: where, placeholder } });
}
