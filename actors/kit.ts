// What effects may use on the host they run on. covey.ts puts it together.
import type { CatalogEntry } from '../catalog/entry.ts';
import type { Candidate } from '../machines/placement/score.ts';
import type { Documents } from '../runtime/engine/ports.ts';
import type { Driver } from './drivers/driver.ts';
import type { Rebuilds } from './drivers/rebuilds.ts';

export interface HostKit {
	host: string;
	/** How people reach apps of this host: `192.0.2.7`. */
	address: string;
	/** Where apps listen. */
	bind: string;
	/** Ports given to apps that did not ask for one. */
	ports: { from: number; to: number /** Try the entry's usual port first. */; usual: boolean };
	documents: Documents;
	driver: Driver;
	rebuilds: Rebuilds;
	/** Rejects nothing; throws UNKNOWN_APP with the nearest names. */
	entry(app: string): CatalogEntry;
	/** Every known host with what is promised to apps on their way. */
	candidates(): Promise<Candidate[]>;
	/** Moves an instance's data to this host's trash; false when there was none. */
	trashData(instance: string): Promise<boolean>;
}
