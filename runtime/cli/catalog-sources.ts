// covey catalog add, update, remove, sources: catalogs of other people, or your own.
import { hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import { packSources } from '../../catalog/added-catalog.ts';
import { badCatalog } from '../../catalog/problems.ts';
import { readEntry } from '../../catalog/read-entry.ts';
import type { AddedRow, CatalogChange } from '../api/catalog-contract.ts';
import { originText } from '../api/catalog-origin.ts';
import { CoveyError } from '../engine/errors.ts';
import { Name } from '../engine/record.ts';
import type { Client } from './client.ts';
import { addressOf, type CatalogAddress, fetchCatalog } from './fetch-catalog.ts';
import { type Column, table } from './format/table.ts';
import { ago } from './format/units.ts';
import { wrap } from './format/wrap.ts';
import type { Common, Session } from './session.ts';

export type AddOptions = Common & { name?: string; branch?: string; folder?: string };

export async function catalogAdd(session: Session, where: string, { name, branch, folder }: AddOptions): Promise<number> {
	const address = addressOf(where, branch ?? null, folder ?? '');
	const wanted = name ?? nameFrom(where);
	if (!Name.safeParse(wanted).success)
		throw new CoveyError('USAGE', `"${wanted}" is no name for a catalog: use 1-48 characters of a-z, 0-9 and "-", with --name.`);
	const change = await session.withClient((client) => put(client, wanted, address, false));
	session.show(change, () => `Added the catalog ${wanted}: ${change.added.join(', ')}.`);
	return 0;
}

/** Without a name: all of them. Each is fetched and replaced for itself; one that fails leaves the others as they are. */
export async function catalogUpdate(session: Session, name: string | undefined): Promise<number> {
	const outcome = await session.withClient(async (client) => {
		const { catalogs } = await client.ask('catalogs.list', {});
		const wanted = name === undefined ? catalogs : catalogs.filter((one) => one.name === name);
		if (name !== undefined && wanted.length === 0) throw unknown(name, catalogs);
		const changes: CatalogChange[] = [];
		const failures: { name: string; error: CoveyError }[] = [];
		for (const one of wanted) {
			try {
				changes.push(await put(client, one.name, addressAgain(one), true));
			} catch (error) {
				if (!(error instanceof CoveyError) || name !== undefined) throw error;
				failures.push({ name: one.name, error });
			}
		}
		return { changes, failures };
	});
	session.show(
		{
			changes: outcome.changes,
			failures: outcome.failures.map((one) => ({ name: one.name, code: one.error.code, message: one.error.message })),
		},
		() =>
			[
				...outcome.changes.map(changeWords),
				...outcome.failures.map(({ name: failed, error }) => session.paint.red(`${failed} was not updated: ${error.message}`)),
			].join('\n') || 'No catalog was added yet: covey catalog add https://… or a folder.',
	);
	return outcome.failures.length > 0 ? 1 : 0;
}

export async function catalogRemove(session: Session, name: string): Promise<number> {
	const { change } = await session.withClient((client) => client.ask('catalogs.remove', { name }));
	session.show(change, () => `Removed the catalog ${name}${change.dropped.length > 0 ? `: ${change.dropped.join(', ')}` : ''}.`);
	return 0;
}

export async function catalogSources(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('catalogs.list', {}));
	session.show(answer, () => {
		if (answer.catalogs.length === 0)
			return 'Only the apps that come with Covey. Add others: covey catalog add https://… or a folder.';
		const problems = answer.catalogs.flatMap((one) => one.problems);
		const told = problems.map((problem) => wrap(session.paint.yellow(`Left out: ${problem}`), session.width));
		return [table(columns(Date.now()), answer.catalogs, session.width), ...told].join('\n');
	});
	return 0;
}

async function put(client: Client, name: string, address: CatalogAddress, replace: boolean): Promise<CatalogChange> {
	const { origin, sources } = await fetchCatalog(address);
	// What is plainly wrong is told with the file's own lines, before anything is sent.
	const problems = sources.flatMap(({ file, text }) => {
		const read = readEntry(`${name}/${file}`, text);
		return read.status === 'wrong' ? read.problems : [];
	});
	if (problems.length > 0) throw badCatalog(problems);
	const { pack } = packSources(sources);
	const { change } = await client.ask('catalogs.put', { name, origin, pack, replace, by: userInfo().username });
	return change;
}

function addressAgain({ name, origin }: AddedRow): CatalogAddress {
	if (origin.type === 'git') return { type: 'git', url: origin.url, branch: origin.branch, folder: origin.folder };
	if (origin.machine === hostname()) return { type: 'folder', path: origin.path };
	throw new CoveyError('CATALOG_UNREACHABLE', `${name} is the folder ${origin.path} of ${origin.machine}: update it there.`);
}

const nameFrom = (where: string): string =>
	basename(where.replace(/[/\\]+$/, ''))
		.replace(/\.git$/, '')
		.replace(/^.*:/, '')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-')
		.replace(/^-|-$/g, '')
		.slice(0, 48);

function changeWords({ name, added, changed, dropped }: CatalogChange): string {
	const parts = [
		added.length > 0 ? `new: ${added.join(', ')}` : '',
		changed.length > 0 ? `changed: ${changed.join(', ')}` : '',
		dropped.length > 0 ? `gone: ${dropped.join(', ')}` : '',
	].filter(Boolean);
	return `${name}: ${parts.join('; ') || 'nothing has changed'}.`;
}

function unknown(name: string, catalogs: readonly AddedRow[]): CoveyError {
	const names = catalogs.map((one) => one.name).join(', ') || 'none';
	return new CoveyError('UNKNOWN_CATALOG', `No catalog called ${name} was added; there are ${names}.`);
}

const columns = (now: number): Column<AddedRow>[] => [
	{ title: 'CATALOG', text: ({ name }) => name },
	{ title: 'APPS', text: ({ apps }) => String(apps.length), align: 'right' },
	{ title: 'FETCHED', text: ({ at }) => ago(at, now), drop: 2 },
	{ title: 'BY', text: ({ by }) => by, drop: 3 },
	{ title: 'STATE', text: ({ origin }) => (origin.type === 'git' ? origin.commit.slice(0, 10) : ''), drop: 4 },
	{ title: 'FROM', text: ({ origin }) => originText(origin) },
];
