// The first connection to a server. While nats-server takes a new configuration it refuses everybody whose handshake is under way,
// or forgets them; whoever is connected already reconnects by itself. Apart from connect.ts because the heartbeat's thread needs it too.
import { AuthorizationError, connect, type NatsConnection, TimeoutError } from '@nats-io/transport-node';
import { type ConnectOptions, connectionOptions } from './connection-options.ts';

/** A server that refuses so often means it; one that was silent twice, for 2 s each, is not there. */
const MAX_TRIES = { refused: 4, silent: 2 };
const PAUSE_MS = 150;

/** Tries again while the server may only be busy with itself, until `signal` aborts. Rejects with the last error of the library. */
export async function firstConnection(options: ConnectOptions, signal?: AbortSignal): Promise<NatsConnection> {
	const failed = { refused: 0, silent: 0 };
	for (;;) {
		try {
			return await connect(connectionOptions(options));
		} catch (error) {
			const how = howItFailed(error);
			if (how === null || ++failed[how] >= MAX_TRIES[how] || signal?.aborted) throw error;
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * failed[how]));
		}
	}
}

function howItFailed(error: unknown): 'refused' | 'silent' | null {
	if (error instanceof AuthorizationError) return 'refused';
	return error instanceof TimeoutError ? 'silent' : null;
}
