// The verbs about the catalog, for the command's table of verbs.
import type { Command } from 'commander';
import { type CatalogOptions, catalog } from './catalog.ts';
import { catalogCheck, catalogSchema } from './catalog-check.ts';
import { catalogImport, type ImportOptions } from './catalog-import.ts';
import { catalogShow } from './catalog-show.ts';
import { type AddOptions, catalogAdd, catalogRemove, catalogSources, catalogUpdate } from './catalog-sources.ts';
import { type ExportOptions, exportInstance } from './export.ts';
import type { Common, Session } from './session.ts';

type Action = (...received: unknown[]) => Promise<void>;

export interface Verbs {
	verb(words: string, description: string, example: string): Command;
	/** A verb below another one. */
	below(parent: Command, words: string, description: string, example: string): Command;
	does<Options extends Common>(work: (session: Session, args: string[], options: Options) => Promise<number>): Action;
}

export function addCatalogVerbs({ verb, below, does }: Verbs): void {
	const top = verb('catalog', 'Shows the apps that can be installed.', 'covey catalog --category media');
	const shows = (command: Command) => command.option('--category <category>', 'only apps of this category');
	shows(top).action(does<CatalogOptions>((session, _args, options) => catalog(session, [], options)));
	shows(below(top, 'list', 'Shows the apps that can be installed.', 'covey catalog list --category photos')).action(
		does<CatalogOptions>((session, _args, options) => catalog(session, [], options)),
	);
	shows(below(top, 'search <words...>', 'Shows the apps that have all these words.', 'covey catalog search photo phone')).action(
		does<CatalogOptions>((session, words, options) => catalog(session, words.flat(), options)),
	);
	below(top, 'show <app>', 'Shows one app in full: what it needs, keeps, uses and serves.', 'covey catalog show immich').action(
		does((session, [app = '']) => catalogShow(session, app)),
	);
	below(
		top,
		'check <files...>',
		'Says what is wrong in catalog files, where, and what to write instead.',
		'covey catalog check notes.yaml',
	).action(does((session, files) => catalogCheck(session, files.flat())));
	below(
		top,
		'schema',
		'Prints the JSON Schema of catalog files, for editors.',
		'covey catalog schema > catalog.schema.json',
	).action(does((session) => catalogSchema(session)));
	below(
		top,
		'import <file>',
		'Makes a catalog file of a Compose file, and says what could not be taken over.',
		'covey catalog import compose.yaml --to .',
	)
		.option('--name <name>', "the app's name; by default that of the Compose file")
		.option('--to <place>', 'a folder or file to write; by default it is printed')
		.action(does<ImportOptions>((session, [file = ''], options) => catalogImport(session, file, options)));
	below(
		top,
		'add <where>',
		'Adds a catalog from a git repository or a folder, for every host.',
		'covey catalog add https://example.org/apps.git --branch main',
	)
		.option('--name <name>', 'what to call it; by default the last part of the address')
		.option('--branch <branch>', 'branch or tag of the repository')
		.option('--folder <folder>', 'folder of the repository with the files; by default apps, else its root')
		.action(does<AddOptions>((session, [where = ''], options) => catalogAdd(session, where, options)));
	below(top, 'update [name]', 'Fetches added catalogs again.', 'covey catalog update').action(
		does((session, [name]) => catalogUpdate(session, name)),
	);
	below(
		top,
		'remove <name>',
		'Takes an added catalog out. Apps installed from it must be removed first.',
		'covey catalog remove apps',
	).action(does((session, [name = '']) => catalogRemove(session, name)));
	below(top, 'sources', 'Shows the catalogs that were added.', 'covey catalog sources').action(
		does((session) => catalogSources(session)),
	);
	verb(
		'export <name>',
		'Copies an app with its data into a folder that runs without Covey: a Compose file, the data, and a text that says what to do.',
		'covey export node-red --stop --to /media/usb/node-red',
	)
		.option('--to <folder>', 'where to; by default NAME-export here')
		.option('--stop', 'stops it while its data is copied, and starts it again')
		.option('--secrets', 'writes the values of its passwords and keys into the folder, too')
		.option('--live', 'copies it while it runs: files may be torn')
		.action(does<ExportOptions>((session, [name = ''], options) => exportInstance(session, name, options)));
}
