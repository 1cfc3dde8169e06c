// The words of `covey credentials`.
import type { Command } from 'commander';
import { type AddOptions, addCredential, listCredentials, renewCredential, revokeCredential } from './credentials.ts';
import type { Common, Session } from './session.ts';

interface Making {
	verb(words: string, description: string, example: string): Command;
	common(command: Command): Command;
	does<Options extends Common>(
		work: (session: Session, args: string[], options: Options) => Promise<number>,
	): (...received: unknown[]) => Promise<void>;
}

export function addCredentialVerbs({ verb, common, does }: Making): void {
	const credentials = verb(
		'credentials',
		'Rights for scripts and people who do not sit at a host; alone it lists them.',
		'covey credentials add ci --role operator --out ~/covey-ci',
	).action(does((session) => listCredentials(session)));
	const under = (words: string, description: string): Command => common(credentials.command(words).description(description));
	under('add <name>', 'Makes a folder with keys that may ask (viewer) or also command apps and hosts (operator).')
		.requiredOption('--role <role>', 'operator or viewer')
		.option('--out <folder>', 'where its keys go; by default covey-NAME here')
		.action(does<Common & AddOptions>((session, [name = ''], options) => addCredential(session, name, options)));
	under('list', 'Shows them, revoked ones too.').action(does((session) => listCredentials(session)));
	under('revoke <name>', 'Takes the right away for good: open connections are cut, on every host.').action(
		does((session, [name = '']) => revokeCredential(session, name)),
	);
	under('renew <folder>', 'Gets a new certificate for the keys in the folder, and writes its README.txt anew.').action(
		does((session, [folder = '']) => renewCredential(session, folder)),
	);
}
