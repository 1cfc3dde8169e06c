// covey catalog, covey catalog list, covey catalog search

import { nearest } from '../../catalog/nearest.ts';
import type { CatalogRow } from '../api/catalog-contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { type Column, cut, table } from './format/table.ts';
import { size } from './format/units.ts';
import { wrap } from './format/wrap.ts';
import type { Common, Session } from './session.ts';

export type CatalogOptions = Common & { category?: string };

export async function catalog(session: Session, words: readonly string[], { category }: CatalogOptions): Promise<number> {
	const search = words.join(' ').trim();
	const answer = await session.withClient((client) =>
		client.ask('catalog', { ...(search ? { search } : {}), ...(category === undefined ? {} : { category }) }),
	);
	const categories = answer.categories.map((one) => one.category);
	if (category !== undefined && !categories.includes(category.toLowerCase())) throw unknownCategory(category, categories);
	session.show(answer, () => {
		if (answer.apps.length === 0) return `No app of the catalog fits "${search}". All of them: covey catalog`;
		const inTable = table(columnsFor(answer.apps, session.width), answer.apps, session.width);
		const kinds = answer.categories.map(({ category: name, apps }) => `${name} ${apps}`).join(', ');
		return search || category
			? inTable
			: `${inTable}\n${wrap(`${answer.apps.length} apps. By category: ${kinds}.`, session.width)}\n`;
	});
	return 0;
}

function unknownCategory(category: string, categories: string[]): CoveyError {
	const near = nearest(category, categories);
	return new CoveyError(
		'USAGE',
		`There is no category ${category}; ${near.length > 0 ? 'near to it' : 'there are'}: ${(near.length > 0 ? near : categories).join(', ')}.`,
	);
}

/** The last column takes half of the line at most, so that the others have room. */
const columnsFor = (rows: readonly CatalogRow[], width: number): Column<CatalogRow>[] => [
	{ title: 'APP', text: ({ name }) => name },
	...(rows.some(({ catalog: from }) => from !== 'covey')
		? [{ title: 'FROM', text: ({ catalog: from }: CatalogRow) => from, drop: 2 }]
		: []),
	{ title: 'CATEGORY', text: ({ category }) => category, drop: 4 },
	{ title: 'RUNS AS', text: ({ drivers }) => waysOf(drivers), drop: 1 },
	{ title: 'MEMORY', text: ({ memoryBytes }) => size(memoryBytes), align: 'right', drop: 3 },
	{ title: 'DISK', text: ({ diskBytes }) => size(diskBytes), align: 'right', drop: 5 },
	{ title: 'WHAT IT IS', text: ({ summary }) => cut(summary, Math.floor(width * 0.45)) },
];

const waysOf = (drivers: readonly string[]): string =>
	[drivers.includes('process') ? 'process' : '', drivers.includes('podman') ? 'container' : ''].filter(Boolean).join(', ');
