// Which installed apps have a newer version: in the catalog, which `covey update` takes, and at the registry, which the catalog may follow.
import { z } from 'zod';
import { HostPlan, type PlannedApp } from '../../actors/drivers/plan.ts';
import { type Newest, newestOnNpm } from '../../actors/drivers/process/npm-newest.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { Documents } from '../engine/ports.ts';
import { Name } from '../engine/record.ts';

export const UpdateRow = z.object({
	instance: Name,
	app: Name,
	host: Name,
	installed: z.string(),
	catalog: z.string().nullable().describe('what `covey update` makes of it; null: no longer in the catalog'),
	newest: z.string().nullable().describe('at the registry; null: see `why`'),
	why: z.string().nullable().describe('why the newest is not known'),
	update: z.boolean().describe('the catalog has another version than the one installed'),
});
export type UpdateRow = z.infer<typeof UpdateRow>;

export interface UpdatesParts {
	documents: Pick<Documents, 'list'>;
	entry(app: string): CatalogEntry | undefined;
	newest?(name: string): Promise<Newest>;
}

/** Programs of a host are updated by its own package manager, and are not listed. */
export async function updateRows({ documents, entry, newest = newestOnNpm }: UpdatesParts): Promise<{ updates: UpdateRow[] }> {
	const plans = (await documents.list('plans')).flatMap(({ value }) => HostPlan.safeParse(value).data ?? []);
	const found = plans.flatMap(({ host, apps }) => Object.values(apps).flatMap((app) => withPackage(host, app)));
	const names = [...new Set(found.map(({ source }) => source.package))];
	const answers = new Map(await Promise.all(names.map(async (name) => [name, await newest(name)] as const)));
	const rows = found.map(({ host, app, source }): UpdateRow => {
		const process = entry(app.app)?.process;
		const catalog = process?.type === 'npm' && process.package === source.package ? process.version : null;
		const answer = answers.get(source.package);
		return {
			instance: app.instance,
			app: app.app,
			host,
			installed: source.version,
			catalog,
			newest: answer?.status === 'known' ? answer.version : null,
			why: answer?.status === 'unknown' ? answer.why : null,
			update: catalog !== null && catalog !== source.version,
		};
	});
	return { updates: rows.sort((a, b) => (a.instance < b.instance ? -1 : 1)) };
}

const withPackage = (host: string, app: PlannedApp) => (app.source.type === 'npm' ? [{ host, app, source: app.source }] : []);
