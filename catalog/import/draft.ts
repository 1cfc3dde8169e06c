// What an import has found so far: parts of the entry, and what a person must know of what could not be taken over.

export interface Note {
	/** `services.web.privileged` */
	field: string;
	/** One thought, without a line end. */
	words: string;
}

export interface DraftPort {
	name: string;
	default: number;
	protocol: 'tcp' | 'udp';
}

export interface Draft {
	/** The part names of the Compose file, as names of Covey. */
	names: ReadonlyMap<string, string>;
	ports: DraftPort[];
	/** Volumes of the entry; those of several services are one. */
	volumes: Map<string, { name: string }>;
	devices: Set<string>;
	secrets: Map<string, { name: string }>;
	notes: Note[];
}

/** Not taken over, or changed: nothing is dropped without one. */
export function note(draft: Draft, field: string, words: string): void {
	draft.notes.push({ field, words });
}

/** `My_App 2` → `my-app-2` */
export const nameFrom = (text: string): string =>
	text
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-')
		.replace(/^-+|-+$/g, '')
		.slice(0, 48) || 'app';

/** A name that is not among the given ones yet. */
export function freeName(wanted: string, taken: (name: string) => boolean): string {
	for (let count = 1; ; count++) {
		const name = count === 1 ? wanted : `${wanted}-${count}`;
		if (!taken(name)) return name;
	}
}
