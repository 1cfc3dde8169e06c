// What an entry needs of a host, in the placement's words.
import type { CatalogEntry } from '../catalog/entry.ts';
import type { Need } from '../machines/placement/score.ts';

export const needOf = (entry: CatalogEntry): Need => ({
	memoryBytes: entry.resources.memory.min,
	diskBytes: entry.resources.disk.min,
	driver: entry.process ? 'process' : 'podman',
	arch: entry.arch,
	devices: entry.devices.filter(({ required }) => required).map(({ path }) => path),
	labels: entry.labels,
});
