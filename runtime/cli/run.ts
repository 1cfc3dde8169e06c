// The covey command: reads the words, calls the verb, and turns whatever happens into an exit code.
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { CoveyError, toWire } from '../engine/errors.ts';
import { actors } from './actors.ts';
import { apps } from './apps.ts';
import { addCatalogVerbs } from './catalog-verbs.ts';
import { command, VERBS } from './command.ts';
import { completion } from './completion.ts';
import { discovered } from './discovered.ts';
import { doctor } from './doctor.ts';
import { exitCodeOf } from './exit-code.ts';
import { addHostVerbs } from './host-verbs.ts';
import { hosts } from './hosts.ts';
import { type LogsOptions, logs } from './logs.ts';
import { addPlanVerbs } from './plan-verbs.ts';
import { readInput } from './read-input.ts';
import { recover } from './recover.ts';
import { replay } from './replay.ts';
import { type CliParts, type Common, openSession, type Session } from './session.ts';
import { show } from './show.ts';
import { timeline } from './timeline.ts';
import { addTrustVerbs } from './trust-verbs.ts';
import { updates } from './updates.ts';
import { type VotersOptions, voters } from './voters.ts';

/** `argv` without node and script. Resolves with the exit code; never rejects. */
export async function runCli(argv: string[], parts: CliParts): Promise<number> {
	let exit = 0;
	const program = common(new Command('covey'))
		.description('A handful of home servers, working as one.')
		.version(parts.version, '-V, --version')
		.exitOverride()
		.configureOutput({ writeOut: (text) => parts.stdout.write(text), writeErr: (text) => parts.stderr.write(text) })
		.showSuggestionAfterError()
		.showHelpAfterError('See covey --help.')
		.configureHelp({ subcommandTerm: termOf })
		.addHelpText(
			'after',
			'\nBegin with:\n  covey demo                          three hosts on this machine\n  covey install actual-budget --wait  an app, on the host that fits best\n',
		);

	const below = (parent: Command, words: string, description: string, example: string): Command => {
		const made = common(parent.command(words)).description(description).addHelpText('after', `\nExample:\n  ${example}\n`);
		return made.showHelpAfterError(helpWords(made));
	};
	const verb = (words: string, description: string, example: string): Command => below(program, words, description, example);
	/** Runs a verb with its session; commander's last two arguments are the options and the command, which also knows those before the verb. */
	const does =
		<Options extends Common>(work: (session: Session, args: string[], options: Options) => Promise<number>) =>
		async (...received: unknown[]): Promise<void> => {
			const said = received.at(-1) as Command;
			const options = said.optsWithGlobals() as Options;
			exit = await guarded(parts, said, options, (session) => work(session, received.slice(0, -2) as string[], options));
		};

	program.commandsGroup('Begin and run:');
	verb('demo', 'Runs a whole cluster on this machine until it is stopped.', 'covey demo --hosts 3')
		.option('--hosts <count>', 'how many hosts', upTo(50), 3)
		.option('--secure', 'with TLS and keys, as between machines; without, only this machine can reach it and needs none')
		.action(
			does<Common & { hosts: number; secure?: boolean }>((session, _args, { hosts, secure = false }) =>
				parts.runners.demo({ dataDir: session.dataDir, hosts, secure, json: session.json }),
			),
		);
	runs(
		verb(
			'up',
			'Runs this host until it is stopped; the first time, as the first host of a new cluster.',
			'covey up --data /var/lib/covey',
		),
	)
		.option('--witness', 'only votes: no apps, for a small third device')
		.action(does<Common & RunOptions>((session, _args, options) => parts.runners.up(runOptions(session, options))));
	runs(
		verb(
			'join <token>',
			'Makes this machine a host of a cluster, and runs it. `covey token` on a member prints the token; with - it is read from standard input.',
			'covey join - --data /var/lib/covey',
		),
	)
		.option('--witness', 'only votes: no apps, for a small third device; the token must be made for one')
		.option('--peer <host:port>', 'another address of a member, when those in the token do not answer', collect)
		.action(
			does<Common & RunOptions & { peer?: string[] }>(async (session, [word = ''], options) =>
				parts.runners.join({
					...runOptions(session, options),
					token: word === '-' ? await readInput(parts, 'the token') : word,
					peers: options.peer ?? [],
				}),
			),
		);
	verb(
		'recover',
		'Continues from this host alone when the majority of voting hosts is lost for good.',
		'covey recover --data /var/lib/covey --yes',
	)
		.option('--yes', 'I have read what is lost')
		.action(does<Common & { yes?: boolean }>((session, _args, options) => recover(session, options)));
	program.commandsGroup('Hosts:');
	verb('hosts', 'Shows the hosts and how they do.', 'covey hosts')
		.option('--discovered', 'hosts heard on this network, members or not')
		.action(
			does<Common & { discovered?: boolean }>((session, _args, options) =>
				options.discovered ? discovered(session) : hosts(session),
			),
		);
	addTrustVerbs({ verb, common, does, waits });
	addHostVerbs({ verb, does, waits });
	waits(
		verb(
			'voters [count]',
			"Shows who holds the cluster's data; with a count, 3 or 5, says how many shall.",
			'covey voters 5 --wait',
		),
	).action(does<Common & VotersOptions>((session, [count], options) => voters(session, count, options)));
	program.commandsGroup('Apps:');
	verb('apps', 'Shows the installed apps.', 'covey apps').action(does((session) => apps(session)));
	addCatalogVerbs({ verb, below, does });
	addPlanVerbs({ verb, below, does, waits });
	const simple: [keyof typeof VERBS, string][] = [
		['start', 'Starts a stopped app.'],
		['stop', 'Stops an app and keeps it stopped.'],
		['restart', 'Restarts an app.'],
		['accept-data', 'Starts an app on the data that is there, though it is empty or older than what it had.'],
		['cancel', 'Cancels an install and takes back what was done.'],
		['retry', 'Tries again what failed or waits.'],
	];
	for (const [name, description] of simple)
		waits(verb(`${name} <name>`, description, `covey ${name} node-red --wait`)).action(
			does<Common & { wait?: boolean }>((session, [instance = ''], options) => command(session, VERBS[name], instance, options)),
		);
	verb('updates', 'Shows which apps have a newer version.', 'covey updates').action(does((session) => updates(session)));
	waits(
		verb(
			'update <name>',
			'Updates an app. Its data is copied first; if the new version does not get well, the old one and its data come back.',
			'covey update actual-budget --wait',
		),
	)
		.option('--to <version>', 'a version other than that of the catalog')
		.action(
			does<Common & { wait?: boolean; to?: string }>((session, [name = ''], options) =>
				command(session, VERBS.update, name, options),
			),
		);
	verb('logs <name>', 'Shows what an app has printed.', 'covey logs node-red -f --since 10m')
		.option('-f, --follow', 'goes on until it is interrupted')
		.option('-n, --lines <count>', 'at most this many of the latest', upTo(5_000), 200)
		.option('--since <time>', '30s, 10m, 2h or 1d')
		.option('--search <text>', 'only lines with this text')
		.action(does<Common & LogsOptions>((session, [name = ''], options) => logs(session, name, options)));
	program.commandsGroup('Look and mend:');
	verb('actors', 'Shows every durable actor: who owns it and what it does.', 'covey actors')
		.option('--kind <kind>', 'only this kind')
		.action(does<Common & { kind?: string }>((session, _args, options) => actors(session, options)));
	verb('show <name>', 'Shows one app or actor in full.', 'covey show node-red').action(
		does((session, [name = '']) => show(session, name)),
	);
	verb('timeline <name>', 'Shows everything that happened to it, and what was done.', 'covey timeline node-red')
		.option('--limit <count>', 'at most this many steps', upTo(1_000), 200)
		.action(does<Common & { limit: number }>((session, [name = ''], options) => timeline(session, name, options)));
	verb('replay <name>', 'Folds its recorded steps again and compares.', 'covey replay node-red').action(
		does((session, [name = '']) => replay(session, name)),
	);
	verb('doctor', 'Looks for what is wrong, and says what to do.', 'covey doctor').action(does((session) => doctor(session)));
	verb(
		'completion <shell>',
		'Prints a completion script for bash, zsh or fish.',
		'covey completion bash > /etc/bash_completion.d/covey',
	).action(
		does(async (session, [shell = '']) => {
			session.print(
				completion(
					shell,
					program.commands.map((one) => one.name()),
				),
			);
			return 0;
		}),
	);

	verb('version', 'Prints the version.', 'covey version').action(
		does(async (session) => {
			session.show({ version: parts.version }, () => parts.version);
			return 0;
		}),
	);

	try {
		if (argv.length === 0) program.outputHelp();
		else await program.parseAsync(argv, { from: 'user' });
	} catch (thrown) {
		if (!(thrown instanceof CommanderError)) throw thrown;
		if (thrown.exitCode === 0) return 0;
		if (argv.includes('--json'))
			parts.stdout.write(`${JSON.stringify({ ok: false, error: toWire(new CoveyError('USAGE', thrown.message)) })}\n`);
		return 2;
	}
	return exit;
}

async function guarded(
	parts: CliParts,
	said: Command,
	options: Common,
	work: (session: Session) => Promise<number>,
): Promise<number> {
	try {
		return await work(openSession(parts, options));
	} catch (thrown) {
		const wire = toWire(thrown);
		const error = wire.code === 'USAGE' || wire.code === 'BAD_REQUEST' ? { ...wire, next: helpWords(said) } : wire;
		if (options.json) parts.stdout.write(`${JSON.stringify({ ok: false, error })}\n`);
		else parts.stderr.write(`${error.message}\nWhat to do: ${error.next}\n`);
		return exitCodeOf(error.code);
	}
}

const common = (command: Command): Command =>
	command
		.option('--data <dir>', 'data directory of the local host or demo (or COVEY_DATA)')
		.option('--json', 'prints data for scripts')
		.option('--timeout <seconds>', 'longest wait of --wait')
		.option('--no-color', 'without colours');

/** `See covey trash restore --help.` */
function helpWords(command: Command): string {
	const names: string[] = [];
	for (let one: Command | null = command; one; one = one.parent) names.unshift(one.name());
	return `See ${names.join(' ')} --help.`;
}

/** `leave [host]`: that each has options is said once, by its own help. */
const termOf = (command: Command): string =>
	[command.name(), ...command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`))].join(' ');

interface RunOptions {
	name?: string;
	bind?: string;
	witness?: boolean;
}

const runs = (command: Command): Command =>
	command
		.option('--name <name>', "the host's name; by default this machine's")
		.option('--bind <address>', "where to listen; by default this machine's address on its network");

const runOptions = (session: Session, { name, bind, witness = false }: RunOptions) => ({
	dataDir: session.dataDir,
	name: name ?? null,
	bind: bind ?? null,
	witness,
	json: session.json,
});

const waits = (command: Command): Command => command.option('--wait', 'follows to the end, with progress');

const collect = (value: string, before: string[] = []): string[] => [...before, value];

const upTo =
	(most: number) =>
	(text: string): number => {
		const value = Number(text);
		if (Number.isInteger(value) && value >= 1 && value <= most) return value;
		throw new InvalidArgumentError(`use a number from 1 to ${most}.`);
	};
