import { randomUUID } from 'node:crypto';
import type { InstallData } from '../../machines/install/contract.ts';
import type { ActorRecord, JsonObject } from '../../runtime/engine/record.ts';

/** A valid record; `size` adds that many bytes to it. */
export function sampleRecord(id: string, changes: Partial<ActorRecord> = {}, size = 0): ActorRecord {
	return {
		schema: 1,
		kind: 'install',
		id,
		machine: { id: 'install@1', version: '1', hash: 'h' },
		owner: { host: 'alder', incarnation: 1 },
		epoch: 1,
		seq: 1,
		commit: randomUUID(),
		snap: { value: 'queued', pad: 'x'.repeat(size) },
		effects: {},
		timers: {},
		seen: [],
		view: { phase: 'queued', words: 'Waiting.', can: {}, since: 0, data: {} },
		last: { event: { type: 'install.create' }, from: '', to: 'queued', at: 0, by: 'test' },
		createdAt: 0,
		recoveries: [],
		...changes,
	};
}

/** `view.data` of an install that nothing is wrong with. */
export function sampleInstallData(app: string, host: string | null, changes: Partial<InstallData> = {}): JsonObject {
	const data: InstallData = {
		app,
		host,
		pinned: false,
		url: null,
		ports: [],
		generation: null,
		failure: null,
		undo: [],
		unreachableSince: null,
		placement: null,
	};
	return { ...data, ...changes } as unknown as JsonObject;
}
