// The verbs about who is trusted, for the command's table of verbs.
import type { Command } from 'commander';
import { acceptAnswer, requestCredential, signCredential } from './credential-request.ts';
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

const BY_REQUEST = `
In one go, from a machine that may log in to the host alder:
  covey credentials request ci --role operator --out ~/covey-ci |
    ssh alder covey credentials sign --role operator |
    covey credentials accept ~/covey-ci
`;

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
	const byRequest = (words: string, description: string): Command =>
		under(words, description).addHelpText('after', BY_REQUEST).requiredOption('--role <role>', 'operator or viewer');
	byRequest('request <name>', 'On a machine that is no host: makes the keys there, and prints what is to be signed.')
		.option('--out <folder>', 'where its keys go; by default covey-NAME here')
		.action(does<Common & AddOptions>((session, [name = ''], options) => requestCredential(session, name, options)));
	byRequest('sign', 'On a host: gives the right to a request on standard input, and prints the answer.').action(
		does<Common & AddOptions>((session, _args, options) => signCredential(session, options)),
	);
	under('accept <folder>', 'On the machine that made the request: takes the answer from standard input.')
		.addHelpText('after', BY_REQUEST)
		.action(does((session, [folder = '']) => acceptAnswer(session, folder)));
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
