// A server that no longer knows a user refuses its next connection, but keeps a leaf link that it has let in.
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import { connectNats, parseJson, request } from './connect.ts';
import type { ConnectOptions } from './connection-options.ts';
import { leafLinks, serverId } from './monitor.ts';

const Answer = z.looseObject({ error: z.looseObject({ description: z.string() }).optional() });
const LINK_GONE = /no such|not found|unknown/i;

/**
 * Ends every leaf link of this server; those whose user it knows are back within a second. All of them, because a link only
 * says by itself whose it is. Rejects with NO_ANSWER or NATS_SERVER_FAILED.
 */
export async function cutLeaves(sys: Omit<ConnectOptions, 'name'>, monitorPort: number): Promise<void> {
	const links = await leafLinks(monitorPort);
	if (links.length === 0) return;
	const subject = `$SYS.REQ.SERVER.${await serverId(monitorPort)}.KICK`;
	const nc = await connectNats({ ...sys, name: 'covey supervisor' });
	try {
		await Promise.all(
			links.map(async (cid) => {
				const answer = Answer.parse(parseJson((await request(nc, subject, JSON.stringify({ cid }), { deadlineMs: 5_000 })).data));
				if (answer.error && !LINK_GONE.test(answer.error.description))
					throw new CoveyError('NATS_SERVER_FAILED', `A leaf link could not be cut: ${answer.error.description}`);
			}),
		);
	} finally {
		await nc.close();
	}
}
