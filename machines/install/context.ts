// What an install actor remembers: JSON only, in its record.
import type { WireError } from '../../runtime/engine/errors.ts';
import type { Announce, AssignedPort, Part, PartOf, UndoStep, Use, UsedDatabase } from './contract.ts';

export interface InstallContext {
	instance: string;
	app: string;
	pinnedHost: string | null;
	wishedPorts: Record<string, number>;
	/** Host and ports of an accepted plan; absent in older records. */
	planned?: { host: string; ports: Record<string, number> } | null;
	/** Apps to be installed first; absent in older records, as are the next two. */
	parts?: Part[];
	/** How many of them are there; null: none was begun, or they are to stay. */
	partsDone?: number | null;
	/** When this try began, ms; parts carry it. */
	triedAt?: number;
	partOf?: PartOf | null;
	/** Absent in older records, as is the next. */
	uses?: Use[];
	fresh?: boolean;
	dedicated?: UsedDatabase['type'][];
	announces?: Announce[];
	host: string | null;
	/** Why this host, in plain words. */
	placement: string | null;
	/** Hosts that died under this install before it ran. */
	avoid: string[];
	ports: AssignedPort[];
	/** Absent in older records, as is the next. */
	databases?: UsedDatabase[];
	unusedServers?: string[];
	generation: number | null;
	/** How often a port that was free when it was chosen was taken when the app started. */
	portsLost: number;
	undo: UndoStep[];
	failure: WireError | null;
	hasRun: boolean;
	unreachableSince: number | null;
	/** When its host left or was forgotten with the data on its disk; absent in older records. */
	forgottenAt?: number | null;
	/** The change under way: name of the copy of the data, the version a person named, or new connections. Absent in older records. */
	update?: { id: string; version: string | null; uses?: Use[] } | null;
	deleteData: boolean;
}
