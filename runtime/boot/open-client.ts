// The command line's connection to a host of this machine.
import { userInfo } from 'node:os';
import { openNatsClient } from '../../nats/client.ts';
import { ProgressNews, QUESTIONS } from '../api/contract.ts';
import type { Client } from '../cli/client.ts';
import { CoveyError } from '../engine/errors.ts';
import { localHosts } from '../host/cluster-settings.ts';
import { localIdentity } from './client-identity.ts';

/** Rejects with NO_ANSWER where no host is, or none runs. */
export async function openClient(dataDir: string): Promise<Client> {
	const hosts = localHosts(dataDir);
	const [first] = hosts;
	if (!first) throw new CoveyError('NO_ANSWER', `There is no Covey host in ${dataDir}.`);
	const client = await openNatsClient(
		hosts.map(({ address, ports }) => `nats://${address}:${ports.nats}`),
		`cli:${userInfo().username}`,
		first.secure ? localIdentity(first.dataDir, first.host) : null,
	);
	return {
		...client,
		ask: async (question, input) => QUESTIONS[question].output.parse(await client.ask(question, input)) as never,
		create: (kind, request) => client.create(kind, request),
		watchProgress: (ref, onProgress) => client.watchProgress(ref, (news) => onProgress(ProgressNews.parse(news))),
		watchLogs: (host, instance, onLine) =>
			client.watchLogs(host, instance, (line) => onLine(line as Parameters<typeof onLine>[0])),
	};
}
