// What connecting an app does to it, in words for "What I did". Names only: values may be secrets.
import type { Use } from '../machines/install/contract.ts';
import type { Connections } from './connections.ts';

/** Null where nothing is done. */
export function connectionWords(instance: string, uses: readonly Use[], { env, edits, calls }: Connections): string | null {
	const done = [
		...list('sets', Object.keys(env)),
		...edits.map((edit) => `writes ${Object.keys(edit.set).join(', ')} into ${edit.path}`),
		...list(
			'calls',
			calls.map(({ method, base, path }) => `${method} ${base}${path}`),
		),
	];
	if (done.length === 0) return null;
	return `connects ${instance} with ${uses.map((use) => use.with).join(', ')}: ${done.join('; ')}`;
}

const list = (verb: string, names: readonly string[]): string[] => (names.length > 0 ? [`${verb} ${names.join(', ')}`] : []);
