// The verbs for hosts, for the command's table of verbs.
import type { Command } from 'commander';
import { CoveyError } from '../engine/errors.ts';
import { HOST_VERBS, type HostCommandOptions, hostCommand } from './host-command.ts';
import { impact } from './impact.ts';
import type { Common, Session } from './session.ts';

type Action = (...received: unknown[]) => Promise<void>;

export interface Verbs {
	verb(words: string, description: string, example: string): Command;
	does(work: (session: Session, args: string[], options: Common & HostCommandOptions) => Promise<number>): Action;
	waits(command: Command): Command;
}

export function addHostVerbs({ verb, does, waits }: Verbs): void {
	verb('impact <host>', 'Says what happens if a host dies: to its apps, and to the cluster.', 'covey impact birch').action(
		does((session, [host = '']) => impact(session, host)),
	);
	const of = (name: keyof typeof HOST_VERBS) =>
		does((session, [host = ''], options) => hostCommand(session, HOST_VERBS[name], host, options));
	verb('cordon <host>', 'Puts nothing new on a host.', 'covey cordon birch').action(of('cordon'));
	verb('uncordon <host>', 'Lets a cordoned host have apps again.', 'covey uncordon birch').action(of('uncordon'));
	waits(
		verb('drain <host>', 'Empties a host as far as possible, and says what cannot be moved and why.', 'covey drain birch --wait'),
	).action(of('drain'));
	verb('undrain <host>', 'Puts a drained host back to use.', 'covey undrain birch').action(of('undrain'));
	verb('leave [host]', 'Lets a host leave the cluster for good.', 'covey leave birch')
		.option('--force', 'also while apps are on it: they stop, their data stays on its disk')
		.option('--abandon', 'this machine gives its cluster up, which went on without it; for a host that is stopped')
		.action(
			does((session, [host], options) => {
				if (options.abandon) return abandon(session, host ?? null);
				if (host) return hostCommand(session, HOST_VERBS.leave, host, options);
				throw new CoveyError('USAGE', 'Which host shall leave? `covey leave HOST`.');
			}),
		);
	verb('forget <host>', 'Removes a host that is dead for good: its certificate is refused from then on.', 'covey forget birch')
		.option('--force', 'also while it has been silent for a moment only')
		.action(of('forget'));
}

const abandon = ({ parts, dataDir, json, print }: Session, host: string | null): Promise<number> =>
	parts.runners.abandon({ dataDir, host, json, print });
