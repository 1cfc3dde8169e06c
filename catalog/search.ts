// Finds apps by words. Pure.
import type { CatalogEntry } from './entry.ts';

export interface Wanted {
	/** Each word must be in its name, title, summary, category or capabilities. */
	words?: string | undefined;
	category?: string | undefined;
}

/** Apps whose name or title has the words come first; otherwise the order stays. */
export function searchCatalog(entries: readonly CatalogEntry[], { words = '', category }: Wanted): CatalogEntry[] {
	const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
	const found = entries.filter((entry) => {
		if (category !== undefined && entry.category !== category.toLowerCase()) return false;
		const text = [entry.name, entry.title, entry.summary, entry.category, ...entry.provides].join(' ').toLowerCase();
		return wanted.every((word) => text.includes(word));
	});
	const isNamed = ({ name, title }: CatalogEntry) => wanted.some((word) => `${name} ${title}`.toLowerCase().includes(word));
	return wanted.length === 0 ? found : [...found.filter(isNamed), ...found.filter((entry) => !isNamed(entry))];
}

/** Sorted, with how many apps each has. */
export function categoriesOf(entries: readonly CatalogEntry[]): { category: string; apps: number }[] {
	const counts = new Map<string, number>();
	for (const { category } of entries) counts.set(category, (counts.get(category) ?? 0) + 1);
	return [...counts].map(([category, apps]) => ({ category, apps })).sort((a, b) => (a.category < b.category ? -1 : 1));
}
