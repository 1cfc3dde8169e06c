// Query strings are text: what a question wants otherwise is made of it by name. What does not fit is left for its schema to refuse. Pure.

const NUMBERS: ReadonlySet<string> = new Set(['limit', 'lines', 'sinceMs']);
const BOOLEANS: ReadonlySet<string> = new Set(['recommended', 'fresh', 'deleteData']);
const LISTS: ReadonlySet<string> = new Set(['with', 'dedicated']);

/** `limit=5`, `recommended=true`, `with=deluge&with=prowlarr`, and `ports.web=8080` for `{ports: {web: 8080}}`. */
export function inputOfQuery(query: Record<string, string | string[]>): Record<string, unknown> {
	const input: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(query)) {
		const [, port] = /^ports\.([a-z0-9-]+)$/.exec(name) ?? [];
		if (port === undefined) input[name] = typed(name, value);
		else input.ports = { ...(input.ports as object | undefined), [port]: Number(value) };
	}
	return input;
}

function typed(name: string, value: string | string[]): unknown {
	if (LISTS.has(name)) return Array.isArray(value) ? value : [value];
	if (NUMBERS.has(name)) return Number(value);
	if (BOOLEANS.has(name) && (value === 'true' || value === 'false')) return value === 'true';
	return value;
}
