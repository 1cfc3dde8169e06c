// Which members of the cluster are up after all: asked directly, past NATS.
import { connect } from 'node:tls';
import type { Member } from '../trust/members.ts';

const LIMIT_MS = 2_000;

/** Names of those that prove with a certificate of the authority `ca` (PEM) who they are. Never rejects. */
export async function whoAnswers(ca: string, members: readonly Member[]): Promise<string[]> {
	const answers = await Promise.all(members.map((member) => answersItself(ca, member)));
	return members.filter((_, at) => answers[at]).map(({ host }) => host);
}

function answersItself(ca: string, { host, address, ports }: Member): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host: address, port: ports.http, ca, servername: `${host}.covey.internal`, timeout: LIMIT_MS });
		const end = (answer: boolean) => {
			socket.destroy();
			resolve(answer);
		};
		socket.once('secureConnect', () => end(socket.authorized));
		socket.once('timeout', () => end(false));
		socket.once('error', () => end(false));
	});
}
