// covey catalog
import type { CatalogRow } from '../api/catalog-contract.ts';
import { type Column, table } from './format/table.ts';
import { size } from './format/units.ts';
import type { Session } from './session.ts';

export async function catalog(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('catalog', {}));
	session.show(answer, () => table(COLUMNS, answer.apps, session.width));
	return 0;
}

const COLUMNS: Column<CatalogRow>[] = [
	{ title: 'APP', text: ({ name }) => name },
	{ title: 'CATEGORY', text: ({ category }) => category, drop: 3 },
	{ title: 'MEMORY', text: ({ memoryBytes }) => size(memoryBytes), align: 'right', drop: 1 },
	{ title: 'DISK', text: ({ diskBytes }) => size(diskBytes), align: 'right', drop: 2 },
	{ title: 'WHAT IT IS', text: ({ summary }) => summary },
];
