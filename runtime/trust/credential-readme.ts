// README.txt of a credential's folder. Pure.
import type { Credential } from './members.ts';

export interface ReadmeFacts {
	/** Absolute. */
	folder: string;
	name: string;
	role: Credential['role'];
	cluster: string;
	/** ADDRESS:PORT. */
	servers: readonly string[];
	inbox: string;
	/** ms */
	expiresAt: number;
}

const MAY: Record<Credential['role'], string> = {
	operator: 'It may ask everything, and install, command and remove apps and hosts. It lets nobody in and reads no secrets.',
	viewer: 'It may ask what changes nothing, and hear the news. It can command nothing.',
};

export function readmeOf({ folder, name, role, cluster, servers, inbox, expiresAt }: ReadmeFacts): string {
	const urls = servers.map((server) => `tls://${server}`).join(',');
	const context = `covey-${name}`;
	const nats = `nats --context ${context}`;
	const command = role === 'operator' ? [`  ${nats} req covey.create.install '{"cmdId":"a1","app":"node-red"}'`] : [];
	return `${[
		`Credential "${name}" of the cluster ${cluster}: ${role}.`,
		MAY[role],
		'Whoever has this folder has that right. Keep it like a password; its keys were made here and are nowhere else.',
		'',
		'With the public nats tool, from any folder, after this once:',
		'',
		'  mkdir -p ~/.config/nats/context',
		`  cp ${quoted(`${folder}/nats-context.json`)} ~/.config/nats/context/${context}.json`,
		'',
		`  ${nats} req covey.q.hosts ''`,
		`  ${nats} micro info covey`,
		`  ${nats} sub 'covey.view.>'`,
		...command,
		'',
		'Or without a context, in this folder:',
		'',
		'  nats --tlsca ca.pem --tlscert client.pem --tlskey client.key --nkey user.nk \\',
		`    --inbox-prefix ${inbox} --server ${urls} \\`,
		"    req covey.q.apps ''",
		'',
		'With the covey command, wherever it is installed:',
		'',
		`  covey apps --data ${quoted(folder)}`,
		'',
		'Any other NATS client needs the same: TLS 1.3 with ca.pem, client.pem and client.key; the nkey in user.nk;',
		`and ${inbox} as the prefix of its inboxes, because it can hear no other answers.`,
		'',
		`The certificate ends on ${new Date(expiresAt).toISOString().slice(0, 10)}. Renew it before, on any machine with covey that reaches the cluster:`,
		'',
		`  covey credentials renew ${quoted(folder)}`,
		'',
		"After that day the same command still works on a host of the cluster, as the host's user. It also writes this file and",
		'nats-context.json anew, which name this folder and the hosts: use it after you have moved the folder, too.',
		'',
		`Take the right away, on a host: covey credentials revoke ${name}`,
	].join('\n')}\n`;
}

/** For a shell. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
