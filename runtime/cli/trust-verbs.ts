// The verbs about who is trusted, for the command's table of verbs.
import type { Command } from 'commander';
import { type AddOptions, addCredential, listCredentials, renewCredential, revokeCredential } from './credentials.ts';
import { rotateSecrets, secretsStatus } from './secrets.ts';
import type { Common, Session } from './session.ts';
import { createToken, listTokens, revokeToken, type TokenOptions } from './token.ts';

interface Making {
	verb(words: string, description: string, example: string): Command;
	common(command: Command): Command;
	does<Options extends Common>(
		work: (session: Session, args: string[], options: Options) => Promise<number>,
	): (...received: unknown[]) => Promise<void>;
	waits(command: Command): Command;
}

export function addTrustVerbs({ verb, common, does, waits }: Making): void {
	const token = verb('token', 'Makes a token that lets one machine join.', 'covey token --expires 30m')
		.option('--expires <time>', '30m, 2h or 1d, at most 7d', '1h')
		.option('--witness', 'for a machine that only votes')
		.action(does<Common & TokenOptions>((session, _args, options) => createToken(session, options)));
	common(token.command('list').description('Shows the tokens made so far.')).action(does((session) => listTokens(session)));
	common(token.command('revoke <id>').description('Makes a token useless.')).action(
		does((session, [id = '']) => revokeToken(session, id)),
	);
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
	const secrets = verb(
		'secrets',
		'Shows the keys that seal the secrets of the cluster, and who has them.',
		'covey secrets rotate --wait',
	).action(does((session) => secretsStatus(session)));
	waits(
		common(
			secrets
				.command('rotate')
				.description('Makes a new key and seals every secret anew, for instance after a host was forgotten.'),
		),
	).action(does<Common & { wait?: boolean }>((session, _args, options) => rotateSecrets(session, options)));
}
