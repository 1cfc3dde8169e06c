// Values in files of an app that belong to a connection: set before each start, and put back when the connection has ended.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readJson, writeDurably, writeJson } from '../../../runtime/disk/durable.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { PlannedApp } from '../plan.ts';
import { readIni, writeIni } from './ini.ts';
import type { Layout } from './layout.ts';
import { giveTo, unitUser } from './unit-user.ts';

/** By `volume/path`, by key: what was there before; null: nothing. */
const Before = z.record(z.string(), z.object({ format: z.enum(['json', 'ini']), keys: z.record(z.string(), z.unknown()) }));
type Edit = NonNullable<PlannedApp['edits']>[number];

/** Done twice it changes nothing. Rejects with START_FAILED for a file that is not of its format. */
export function applyEdits(layout: Layout, app: PlannedApp, expand: (text: string, where: string) => string): void {
	const record = join(layout.app(app.instance), '.edits.json');
	const before = readJson(record, Before) ?? {};
	const edits = app.edits ?? [];
	if (edits.length === 0 && Object.keys(before).length === 0) return;
	const wanted = new Map(edits.map((edit) => [`${edit.volume}/${edit.path}`, edit]));
	const ended = Object.entries(before).map(([name, { format, keys }]) => {
		const now = wanted.get(name)?.set ?? {};
		return { name, format, keys: Object.entries(keys).filter(([key]) => !(key in now)) };
	});
	// What was there is on the disk before it is changed.
	const known = { ...before };
	for (const [name, edit] of wanted)
		known[name] = { format: edit.format, keys: keysBefore(layout, app, name, edit, before[name]?.keys) };
	if (edits.length > 0) writeJson(record, known);
	for (const { name, format, keys } of ended) if (keys.length > 0) change(layout, app, name, format, keys);
	for (const [name, { format, set }] of wanted)
		change(
			layout,
			app,
			name,
			format,
			Object.entries(set).map(([key, text]) => [key, expand(text, `file ${name}`)]),
		);
	writeJson(record, Object.fromEntries([...wanted].map(([name, edit]) => [name, kept(known, name, edit)])));
}

function kept(known: z.infer<typeof Before>, name: string, { format, set }: Edit) {
	return { format, keys: Object.fromEntries(Object.keys(set).map((key) => [key, known[name]?.keys[key] ?? null])) };
}

function keysBefore(layout: Layout, app: PlannedApp, name: string, { format, set }: Edit, known: Record<string, unknown> = {}) {
	const content = read(layout, app, name, format);
	return { ...Object.fromEntries(Object.keys(set).map((key) => [key, valueAt(content, key.split('.'))])), ...known };
}

function change(layout: Layout, app: PlannedApp, name: string, format: Edit['format'], values: [string, unknown][]): void {
	const path = join(layout.app(app.instance), name);
	const content = read(layout, app, name, format);
	for (const [key, value] of values) setAt(content, key.split('.'), value);
	const text = format === 'json' ? `${JSON.stringify(content, null, 2)}\n` : writeIni(content);
	if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
	mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
	writeDurably(path, text, 0o600);
	giveTo(path, unitUser(app));
}

type Tree = { [key: string]: unknown };

function read(layout: Layout, app: PlannedApp, name: string, format: Edit['format']): Tree {
	const path = join(layout.app(app.instance), name);
	if (!existsSync(path)) return {};
	const text = readFileSync(path, 'utf8');
	if (format === 'ini') return readIni(text);
	try {
		return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
	} catch (cause) {
		throw new CoveyError(
			'START_FAILED',
			`${name} of ${app.instance} is to be changed for a connection, and it is no JSON object.`,
			{ cause },
		);
	}
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

function valueAt(tree: Tree, [first = '', ...rest]: string[]): unknown {
	const value = Object.hasOwn(tree, first) ? tree[first] : null;
	if (rest.length === 0) return value ?? null;
	return isTree(value) ? valueAt(value, rest) : null;
}

/** Null removes it. */
function setAt(tree: Tree, [first = '', ...rest]: string[], value: unknown): void {
	if (first === '__proto__') return;
	if (rest.length === 0) {
		if (value === null) delete tree[first];
		else tree[first] = value;
		return;
	}
	if (!Object.hasOwn(tree, first) || !isTree(tree[first])) {
		if (value === null) return;
		tree[first] = {};
	}
	setAt(tree[first] as Tree, rest, value);
}
