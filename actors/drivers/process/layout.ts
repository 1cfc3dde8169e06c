// Where everything of the process driver is, below one data directory.
import { join } from 'node:path';

export interface Layout {
	data: string;
	store: string;
	/** Half-built things: never visible, removed when the driver opens. */
	building: string;
	generations: string;
	/** Symlink to the current generation's folder. */
	current: string;
	units: string;
	logs: string;
	apps: string;
	trash: string;
	snapshots: string;
	/** Random id of this data directory. */
	id: string;
	generation(number: number): string;
	record(instance: string): string;
	log(instance: string): string;
	app(instance: string): string;
	volume(instance: string, volume: string): string;
	identity(instance: string): string;
}

export function layout(data: string): Layout {
	const at = (...parts: string[]) => join(data, ...parts);
	return {
		data,
		store: at('store'),
		building: at('building'),
		generations: at('generations'),
		current: at('current'),
		units: at('units'),
		logs: at('logs'),
		apps: at('apps'),
		trash: at('trash'),
		snapshots: at('snapshots'),
		id: at('driver-id'),
		generation: (number) => at('generations', String(number)),
		record: (instance) => at('units', `${instance}.json`),
		log: (instance) => at('logs', `${instance}.log`),
		app: (instance) => at('apps', instance),
		volume: (instance, volume) => at('apps', instance, volume),
		identity: (instance) => at('apps', instance, '.covey.json'),
	};
}
