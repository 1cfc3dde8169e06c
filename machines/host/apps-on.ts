// Which installs live on a host: pure, over their records.
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { InstallData } from '../install/contract.ts';

export interface AppOn {
	instance: string;
	app: string;
	phase: string;
	host: string;
	/** A person chose the host. */
	pinned: boolean;
	/** It has not run, so it has no data and can be placed again. */
	movable: boolean;
	url: string | null;
}

/** Phases in which nothing of it is on its host. */
const NOWHERE = new Set(['removed', 'rolledBack']);

/** Every install that has a host, by name; `host` narrows it to one. */
export function appsOn(records: Iterable<ActorRecord>, host?: string): AppOn[] {
	const apps: AppOn[] = [];
	for (const { kind, id, view } of records) {
		if (kind !== 'install' || NOWHERE.has(view.phase)) continue;
		const { data } = InstallData.safeParse(view.data);
		if (!data?.host || (host !== undefined && data.host !== host)) continue;
		if (view.phase === 'failed' && data.undo.length === 0) continue;
		apps.push({
			instance: id,
			app: data.app,
			phase: view.phase,
			host: data.host,
			pinned: data.pinned,
			movable: view.can['install.relocate'] === true,
			url: data.url,
		});
	}
	return apps.sort((a, b) => (a.instance < b.instance ? -1 : 1));
}
