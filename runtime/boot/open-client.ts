// The command line's connection: to a host of this machine with that host's keys, or with a credential's folder to any.
import { userInfo } from 'node:os';
import { openNatsClient } from '../../nats/client.ts';
import type { ClientIdentity } from '../../nats/connect.ts';
import { ProgressNews, QUESTIONS } from '../api/contract.ts';
import type { Client } from '../cli/client.ts';
import { CoveyError } from '../engine/errors.ts';
import { localHosts } from '../host/cluster-settings.ts';
import { readCredentialFolder } from '../trust/credential-folder.ts';
import { localIdentity } from './client-identity.ts';

/** `dataDir`: of a host, of a demo, or a credential's folder. Rejects with NO_ANSWER where no host is, or none runs. */
export async function openClient(dataDir: string): Promise<Client> {
	const access = withCredential(dataDir) ?? withLocalHosts(dataDir);
	const client = await openNatsClient(
		access.servers.map((server) => `nats://${server}`),
		access.by,
		access.identity,
	).catch((thrown: unknown) => {
		throw thrown instanceof CoveyError && access.hint
			? new CoveyError(thrown.code, `${thrown.message}. ${access.hint}`, { cause: thrown })
			: thrown;
	});
	return {
		...client,
		ask: async (question, input) => QUESTIONS[question].output.parse(await client.ask(question, input)) as never,
		create: (kind, request) => client.create(kind, request),
		watchProgress: (ref, onProgress) => client.watchProgress(ref, (news) => onProgress(ProgressNews.parse(news))),
		watchLogs: (host, instance, onLine) =>
			client.watchLogs(host, instance, (line) => onLine(line as Parameters<typeof onLine>[0])),
	};
}

interface Access {
	/** ADDRESS:PORT */
	servers: string[];
	/** Who is shown in the timeline. */
	by: string;
	identity: ClientIdentity | null;
	/** Why it may be refused although the hosts are up. */
	hint: string | null;
}

function withCredential(folder: string): Access | null {
	const found = readCredentialFolder(folder);
	if (!found) return null;
	const { about, files, keys, inbox } = found;
	if (!about.issued)
		throw new CoveyError('USAGE', `The credential in ${folder} is not finished: give \`covey credentials add\` again on a host.`);
	return {
		servers: about.issued.servers,
		by: `credential:${about.name}`,
		identity: { ...files, seed: keys.seed, inbox },
		hint: `If the hosts are up, the credential ${about.name} was revoked or its certificate has ended: \`covey credentials list\` on a host tells.`,
	};
}

function withLocalHosts(dataDir: string): Access {
	const hosts = localHosts(dataDir);
	const [first] = hosts;
	if (!first) throw new CoveyError('NO_ANSWER', `There is no Covey host in ${dataDir}.`);
	return {
		servers: hosts.map(({ address, ports }) => `${address}:${ports.nats}`),
		by: `cli:${userInfo().username}`,
		identity: first.secure ? localIdentity(first.dataDir, first.host) : null,
		hint: null,
	};
}
