// A Compose file becomes the draft of a catalog entry. Whatever cannot be taken over is told, and nothing is dropped silently. Pure.
import { Document, isCollection, isMap, isPair, parseDocument } from 'yaml';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { explainIssues } from '../explain-issue.ts';
import { badCatalog } from '../problems.ts';
import { type Problem, plainValue, readEntry } from '../read-entry.ts';
import { ComposeFile } from './compose-file.ts';
import { type Draft, type Note, nameFrom, note } from './draft.ts';
import { serviceOf } from './import-service.ts';
import { durationOf, memoryOf } from './quantities.ts';

export interface Imported {
	name: string;
	/** The file of the entry. */
	yaml: string;
	/** What could not be taken over as it was, and what was guessed. */
	notes: Note[];
	/** What `covey catalog check` says of it: to be put right by hand. */
	problems: Problem[];
}

/** `name`: null takes that of the file. Throws BAD_CATALOG for what is no Compose file. */
export function importCompose(file: string, text: string, name: string | null): Imported {
	const compose = parse(file, text);
	const app = nameFrom(name ?? compose.name ?? Object.keys(compose.services)[0] ?? 'app');
	const draft: Draft = {
		names: new Map(Object.keys(compose.services).map((service) => [service, nameFrom(service)])),
		ports: [],
		volumes: new Map(),
		devices: new Set(),
		secrets: new Map(),
		notes: [],
	};
	const services = Object.fromEntries(
		Object.entries(compose.services).map(([service, fields]) => [draft.names.get(service), serviceOf(draft, service, fields)]),
	);
	restOfFile(draft, compose);
	const entry = entryOf(app, compose, draft, services);
	const yaml = textOf(entry);
	const read = readEntry(`${app}.yaml`, yaml);
	return { name: app, yaml, notes: draft.notes, problems: read.status === 'wrong' ? read.problems : [] };
}

function parse(file: string, text: string): ComposeFile {
	const document = parseDocument(text, { merge: true, prettyErrors: false });
	const [broken] = document.errors;
	if (broken) throw badCatalog([{ file, line: 1, column: 1, field: '', message: `is no YAML: ${broken.message}` }]);
	const value = plainValue(document);
	if (value.status === 'wrong') throw new CoveyError('BAD_CATALOG', `${file} is no Compose file: ${value.message}.`);
	const parsed = ComposeFile.safeParse(value.value);
	if (parsed.success) return parsed.data;
	const words = explainIssues(parsed.error.issues).map(({ path, message }) => `${path.join('.') || 'it'} ${message}`);
	throw new CoveyError('BAD_CATALOG', `${file} is no Compose file: ${words.join('; ')}.`);
}

function restOfFile(draft: Draft, compose: ComposeFile): void {
	const words: Record<string, string> = {
		networks: 'services of an app reach each other by name; other networks are not taken over',
		secrets: 'is not taken over; use `secrets` of the entry',
		configs: 'is not taken over; use `files` of a volume',
		include: 'other files are not read; import them, too',
	};
	for (const key of Object.keys(compose)) {
		if (['name', 'services', 'volumes', 'version'].includes(key)) continue;
		note(draft, key, words[key] ?? 'is not taken over');
	}
	for (const [volume, options] of Object.entries(compose.volumes ?? {})) {
		for (const key of Object.keys(options ?? {}))
			if (key !== 'name')
				note(draft, `volumes.${volume}.${key}`, 'is not taken over: volumes are folders on the host that Covey keeps and moves');
		if (!draft.volumes.has(volume)) note(draft, `volumes.${volume}`, 'is used by no service');
	}
}

function entryOf(app: string, compose: ComposeFile, draft: Draft, services: object): object {
	const parts = Object.values(compose.services);
	const limits = parts.flatMap((service) => memoryOf(service.mem_limit ?? service.deploy?.resources?.limits?.memory) ?? []);
	const memory =
		limits.length > 0
			? `${Math.max(1, Math.round(limits.reduce((sum, one) => sum + one, 0) / 2 ** 20))}M`
			: `${256 * parts.length}M`;
	note(
		draft,
		'resources',
		`${memory} of memory${limits.length > 0 ? '' : ' and 1G of disk'} are a guess; look at what it really takes`,
	);
	const stops = parts.flatMap((service) => durationOf(service.stop_grace_period) ?? []);
	const web = draft.ports.find(({ protocol }) => protocol === 'tcp');
	if (web) note(draft, 'health', `is a guess: it counts as well when it answers on port ${web.default}`);
	return {
		schema: 1,
		name: app,
		title: app.charAt(0).toUpperCase() + app.slice(1).replaceAll('-', ' '),
		summary: 'Imported from a Compose file; say in one sentence what it is for.',
		category: 'imported',
		license: 'unknown',
		resources: { memory: { min: memory }, disk: { min: '1G' } },
		...(draft.devices.size > 0
			? { devices: [...draft.devices].map((path) => ({ path, required: true, why: 'the Compose file asks for it' })) }
			: {}),
		...(draft.ports.length > 0 ? { ports: draft.ports.map((port) => ({ ...port, ...(port === web ? { web: '/' } : {}) })) } : {}),
		...(draft.volumes.size > 0 ? { volumes: [...draft.volumes.values()] } : {}),
		...(draft.secrets.size > 0 ? { secrets: [...draft.secrets.values()] } : {}),
		...(web ? { health: { check: { type: 'tcp', port: web.name } } } : {}),
		services,
		...(stops.length > 0 ? { stopTimeout: stops.at(-1) } : {}),
	};
}

/** Ports and the like on one line, as people write them. */
function textOf(entry: object): string {
	const document = new Document(entry);
	for (const key of ['ports', 'volumes', 'secrets', 'devices', 'resources']) inOneLine(document.get(key));
	return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function inOneLine(collection: unknown): void {
	if (!isCollection(collection)) return;
	for (const item of collection.items) {
		const inner = isPair(item) ? item.value : item;
		if (isMap(inner)) inner.flow = true;
	}
}
