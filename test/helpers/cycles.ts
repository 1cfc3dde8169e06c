/** Each cycle of a graph once, as the path of names that leads back to its first. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
	const state = new Map<string, 'open' | 'done'>();
	const path: string[] = [];
	const cycles: string[][] = [];

	function visit(name: string): void {
		if (state.get(name) === 'done') return;
		if (state.get(name) === 'open') {
			cycles.push([...path.slice(path.indexOf(name)), name]);
			return;
		}
		state.set(name, 'open');
		path.push(name);
		for (const next of graph.get(name) ?? []) visit(next);
		path.pop();
		state.set(name, 'done');
	}

	for (const name of graph.keys()) visit(name);
	return cycles;
}
