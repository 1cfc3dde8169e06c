// What this host gives of its apps to somebody who takes them elsewhere.
import { join } from 'node:path';
import { dumpAll } from '../../actors/databases/release.ts';
import { layout } from '../../actors/drivers/process/layout.ts';
import type { HostKit } from '../../actors/kit.ts';
import type { NatsLinks } from '../../nats/links.ts';
import { exportAnswersOf } from '../api/export-answers.ts';
import type { ActorRecord } from '../engine/record.ts';
import { answerAppData, type DataRequest } from '../host/app-data.ts';
import { openAppDumps } from '../host/app-dumps.ts';

export function hostExports(dataDir: string, kit: HostKit, links: NatsLinks, records: () => ActorRecord[]) {
	const dumps = openAppDumps(join(dataDir, 'exports'), (instance, place, signal) =>
		dumpAll(kit, instance, { note: () => undefined, signal }, place),
	);
	return {
		appData: (request: DataRequest) => answerAppData(layout(dataDir), dumps, request),
		exports: exportAnswersOf({
			records,
			entry: kit.entry,
			askHost: links.askHost,
			secretsOf: async (instance) => (await kit.vault.read(instance))?.values ?? {},
			now: Date.now,
		}),
	};
}
