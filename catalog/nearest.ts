// "Did you mean …?" Pure.

/** The names most like the text, best first, at most `limit`; none when nothing is near. */
export function nearest(text: string, names: readonly string[], limit = 3): string[] {
	const wanted = text.toLowerCase();
	return names
		.map((name) => ({ name, distance: distanceTo(wanted, name.toLowerCase()) }))
		.filter(({ distance }) => distance <= Math.max(2, Math.floor(wanted.length / 3)))
		.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
		.slice(0, limit)
		.map(({ name }) => name);
}

/** A name that contains the text, or is contained in it, is nearly as good as one typing error. */
function distanceTo(text: string, name: string): number {
	const isPart = text.length >= 3 && (name.includes(text) || (name.length >= 3 && text.includes(name)));
	return isPart && name !== text ? 1.5 : editDistance(text, name);
}

/** Letters to add, drop, change or swap with their neighbour, to get from one to the other. */
export function editDistance(from: string, to: string): number {
	let older: number[] = [];
	let last = Array.from({ length: to.length + 1 }, (_, column) => column);
	for (let row = 1; row <= from.length; row++) {
		const now = [row];
		for (let column = 1; column <= to.length; column++) {
			const cost = from[row - 1] === to[column - 1] ? 0 : 1;
			let best = Math.min((last[column] ?? 0) + 1, (now[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + cost);
			const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
			if (isSwap) best = Math.min(best, (older[column - 2] ?? 0) + 1);
			now.push(best);
		}
		older = last;
		last = now;
	}
	return last[to.length] ?? 0;
}
