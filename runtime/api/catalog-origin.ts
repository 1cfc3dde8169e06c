import type { CatalogOrigin } from '../../catalog/added-catalog.ts';

/** Where an added catalog is from, for people. */
export const originText = (origin: CatalogOrigin): string =>
	origin.type === 'git'
		? `${origin.url}${origin.branch === null ? '' : ` (${origin.branch})`}`
		: `${origin.path} on ${origin.machine}`;
