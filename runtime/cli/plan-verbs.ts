// The verbs that say what would happen, and those that begin or end an app, for the command's table of verbs.
import type { Command } from 'commander';
import { type AdviceOptions, advice } from './advice.ts';
import { command, VERBS } from './command.ts';
import { type InstallOptions, install } from './install.ts';
import type { InstallWishes } from './install-request.ts';
import { place } from './place.ts';
import { planInstall } from './plan-install.ts';
import { planRemove, type RemoveWishes } from './plan-remove.ts';
import { ports } from './ports.ts';
import type { Common, Session } from './session.ts';
import { emptyTrash, listTrash, restoreTrash, type TrashOptions } from './trash.ts';
import { type WeightsOptions, weights } from './weights.ts';

type Action = (...received: unknown[]) => Promise<void>;

export interface Verbs {
	verb(words: string, description: string, example: string): Command;
	/** A verb below another one. */
	below(parent: Command, words: string, description: string, example: string): Command;
	does<Options extends Common>(work: (session: Session, args: string[], options: Options) => Promise<number>): Action;
	waits(command: Command): Command;
}

type RemoveOptions = RemoveWishes & { wait?: boolean; force?: boolean };

export function addPlanVerbs({ verb, below, does, waits }: Verbs): void {
	const plan = verb('plan', 'Says what would happen before it happens. Changes nothing.', 'covey plan install node-red');
	wishes(
		below(plan, 'install <app>', 'What an install would do: where, why, and what goes with it.', 'covey plan install node-red'),
	)
		.option('--plan <fingerprint>', 'a plan shown before: it is kept where it still can be, and the difference is told')
		.action(does<Common & InstallWishes>((session, [app = ''], options) => planInstall(session, app, options)));
	below(plan, 'remove <name>', 'Who needs an app, and what becomes of its data.', 'covey plan remove node-red')
		.option('--delete-data', 'as with --delete-data of covey remove')
		.action(does<Common & RemoveWishes>((session, [name = ''], options) => planRemove(session, name, options)));
	verb(
		'place <app>',
		'Shows the points of each host for an app, and why not elsewhere. Changes nothing.',
		'covey place node-red',
	).action(does((session, [app = '']) => place(session, app)));
	verb('weights', 'Shows what counts how much when a host is chosen, or changes it.', 'covey weights --set memory=50,load=0')
		.option('--set <shares>', 'NAME=NUMBER of memory, disk, cpu, load, reliability; any sum')
		.option('--reset', 'back to the usual ones')
		.action(does<Common & WeightsOptions>((session, _args, options) => weights(session, options)));
	verb('ports', 'Shows which ports apps have or are promised.', 'covey ports --host birch')
		.option('--host <host>', 'only of this host')
		.action(does<Common & { host?: string }>((session, _args, options) => ports(session, options)));
	verb(
		'advice',
		'Says which hosts are too full, and which apps had better move. Changes nothing.',
		'covey advice --what-if node-red=birch',
	)
		.option('--what-if <move>', 'NAME=HOST: what this one move would change')
		.action(does<Common & AdviceOptions>((session, _args, options) => advice(session, options)));
	waits(
		wishes(
			verb(
				'install <app>',
				'Installs an app on the host that fits best, with what it needs.',
				'covey install actual-budget --wait',
			),
		),
	)
		.option('--plan <fingerprint>', 'accepts exactly this plan of `covey plan install`')
		.action(does<Common & InstallOptions>((session, [app = ''], options) => install(session, app, options)));
	waits(verb('remove <name>', 'Removes an app. Its data is kept.', 'covey remove node-red --wait'))
		.option('--delete-data', "moves the data to the host's trash; see covey trash")
		.option('--force', 'also when other apps require it')
		.action(does<Common & RemoveOptions>((session, [name = ''], options) => command(session, VERBS.remove, name, options)));
	const trash = verb('trash', 'Shows the data of apps that were removed with --delete-data.', 'covey trash');
	trash.action(does((session) => listTrash(session)));
	below(trash, 'list', 'Shows what is there.', 'covey trash list').action(does((session) => listTrash(session)));
	below(trash, 'restore <id>', 'Makes it the data of its app again.', 'covey trash restore node-red-2026-11-21t08-00-00-000z')
		.option('--host <host>', 'when several hosts have something of that name')
		.action(does<Common & TrashOptions>((session, [id = ''], options) => restoreTrash(session, id, options)));
	below(trash, 'empty [id]', 'Deletes it for good, without waiting until it expires.', 'covey trash empty --all')
		.option('--all', 'everything')
		.option('--host <host>', 'only on this host')
		.action(does<Common & TrashOptions>((session, [id], options) => emptyTrash(session, id, options)));
}

const wishes = (one: Command): Command =>
	one
		.option('--name <name>', 'name of the instance; by default that of the app')
		.option('--host <host>', 'the host to use')
		.option('--port <port>', 'PORT, or NAME=PORT; may be given several times', collect)
		.option('--with <app>', 'an app to connect it with, installed too where it is not there; several times', collect)
		.option('--recommended', 'takes what is recommended where something is to be chosen')
		.option('--dedicated <database>', 'postgres, mariadb or redis: a server of it for this app alone; several times', collect)
		.option('--fresh', 'begins without the data of an earlier one of this name, which stays where it is');

const collect = (value: string, before: string[] = []): string[] => [...before, value];
