// Which installed apps have a newer version: in the catalog, which `covey update` takes, and at the registry, which the catalog may follow.
// And which of their images are another program by now than when they were pinned.
import { z } from 'zod';
import { HostPlan, type PlannedApp } from '../../actors/drivers/plan.ts';
import { newestOfGo } from '../../actors/drivers/process/go-newest.ts';
import { type Newest, newestOnNpm } from '../../actors/drivers/process/npm-newest.ts';
import { type Digest, digestOf } from '../../actors/images/registry.ts';
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

export const ImageRow = z.object({
	instance: Name,
	app: Name,
	host: Name,
	image: z.string(),
	pinned: z
		.string()
		.nullable()
		.describe('`sha256:…`, when it was installed or updated; null: the registry could not tell it then'),
	newest: z.string().nullable().describe('what the registry has under that name now; null: see `why`'),
	why: z.string().nullable().describe('why the newest is not known'),
});
export type ImageRow = z.infer<typeof ImageRow>;

export interface UpdatesParts {
	documents: Pick<Documents, 'list'>;
	entry(app: string): CatalogEntry | undefined;
	newest?(source: Versioned): Promise<Newest>;
	digest?(image: string): Promise<Digest>;
}

export async function updateRows(parts: UpdatesParts): Promise<{ updates: UpdateRow[]; images: ImageRow[] }> {
	const plans = (await parts.documents.list('plans')).flatMap(({ value }) => HostPlan.safeParse(value).data ?? []);
	const installed = plans
		.flatMap(({ host, apps }) => Object.values(apps).map((app) => ({ host, app })))
		.sort((a, b) => (a.app.instance < b.app.instance ? -1 : 1));
	const [updates, images] = await Promise.all([packageRows(installed, parts), imageRows(installed, parts)]);
	return { updates, images };
}

type Versioned = Exclude<PlannedApp['source'], { type: 'binary' }>;

/** What its registry knows it by. */
const registryName = (source: Pick<Versioned, 'type' | 'package'> & { module?: string }): string =>
	`${source.type} ${source.module ?? source.package}`;

const newestOf = (source: Versioned): Promise<Newest> =>
	source.type === 'npm' ? newestOnNpm(source.package) : newestOfGo(source.module);

type Installed = { host: string; app: PlannedApp };

/** Programs of a host are updated by its own package manager, and are not listed. */
async function packageRows(installed: readonly Installed[], { entry, newest = newestOf }: UpdatesParts): Promise<UpdateRow[]> {
	const found = installed.flatMap(withPackage);
	const sources = new Map(found.map(({ source }) => [registryName(source), source]));
	const answers = await eachOnce([...sources.keys()], (name) => newest(sources.get(name) as Versioned));
	return found.map(({ host, app, source }) => {
		const process = entry(app.app)?.process;
		const catalog =
			process && process.type === source.type && registryName(process) === registryName(source) ? process.version : null;
		const answer = answers.get(registryName(source));
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
}

const withPackage = ({ host, app }: Installed) => (app.source.type === 'binary' ? [] : [{ host, app, source: app.source }]);

async function imageRows(installed: readonly Installed[], { digest = digestOf }: UpdatesParts): Promise<ImageRow[]> {
	const found = installed.flatMap(({ host, app }) => (app.images ?? []).map((one) => ({ host, app, ...one })));
	const answers = await eachOnce(
		found.map(({ image }) => image),
		(image) => digest(image),
	);
	return found.map(({ host, app, image, digest: pinned }) => {
		const answer = answers.get(image);
		const newest = answer?.status === 'known' ? answer.digest : null;
		const why = answer?.status === 'unknown' ? answer.why : null;
		return { instance: app.instance, app: app.app, host, image, pinned, newest, why };
	});
}

async function eachOnce<Answer>(
	names: readonly string[],
	ask: (name: string) => Promise<Answer>,
): Promise<ReadonlyMap<string, Answer>> {
	return new Map(await Promise.all([...new Set(names)].map(async (name) => [name, await ask(name)] as const)));
}
