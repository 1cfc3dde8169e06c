// The catalogs of this host, for its work and its answers.
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { NatsLinks } from '../../nats/links.ts';
import { catalogAnswersOf } from '../api/catalog-answers.ts';
import { appRows, findEntry } from '../api/questions.ts';
import { fromWire, toWire, type WireError } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import { type Catalogs, openCatalogs } from '../host/catalogs.ts';
import type { DataDir } from '../host/data-dir.ts';
import type { HostLog } from '../host/log.ts';
import { realClock } from '../host/real-clock.ts';

/** Told on `covey.event.catalogs.changed`. */
const CATALOGS_CHANGED = 'catalogs.changed';

/** Throws BAD_CATALOG for files that come with Covey, or lie in the folder COVEY_CATALOG. */
export function hostCatalogs(dataDir: DataDir, links: NatsLinks, log: HostLog) {
	const catalogs = openCatalogs({
		clock: realClock,
		documents: links.documents,
		file: dataDir.file('catalogs.json'),
		folder: process.env['COVEY_CATALOG'] ?? null,
		onFailure: (thrown) => log.warn({ error: toWire(thrown) }, 'added catalogs were not read'),
	});
	links.hear(CATALOGS_CHANGED, () => catalogs.soon());
	return {
		...catalogs,
		entry: (app: string) => entryOf(catalogs, app),
		answers: (records: () => ActorRecord[], refusal: () => WireError | null) =>
			catalogAnswersOf({
				catalogs,
				documents: links.documents,
				installed: () => appRows(records()),
				assertChanges() {
					const error = refusal();
					if (error) throw fromWire(error);
				},
				announce: () => links.publish({ type: 'event', event: CATALOGS_CHANGED }, { at: Date.now() }),
				now: Date.now,
			}),
	};
}

/** An entry that is not known yet may have been added a moment ago. Rejects with UNKNOWN_APP. */
async function entryOf(catalogs: Catalogs, app: string): Promise<CatalogEntry> {
	if (!catalogs.catalog.get(app)) await catalogs.refresh();
	return findEntry(catalogs.catalog, app);
}
