// The first connection to a server. While nats-server takes a new configuration it refuses everybody whose handshake is under way,
// or forgets them; whoever is connected already reconnects by itself. Apart from connect.ts because the heartbeat's thread needs it too.
import { AuthorizationError, connect, type NatsConnection, TimeoutError } from '@nats-io/transport-node';
import { type ConnectOptions, connectionOptions } from './connection-options.ts';

/** A server that refuses so often means it. */
const MAX_REFUSALS = 4;
/** Who is silent for twice this is not there, unless the caller has more time than that. */
const SILENT_MS = 2_000;
const PAUSE_MS = 150;

/** Tries again while the server may only be busy with itself, until `signal` aborts. Rejects with the last error of the library. */
export async function firstConnection(options: ConnectOptions, signal?: AbortSignal): Promise<NatsConnection> {
	const failed = { refused: 0, silent: 0 };
	const most = { refused: MAX_REFUSALS, silent: Math.ceil((options.deadlineMs ?? 2 * SILENT_MS) / SILENT_MS) };
	for (;;) {
		try {
			return await connect(connectionOptions(options));
		} catch (error) {
			const how = howItFailed(error);
			if (how === null || ++failed[how] >= most[how] || signal?.aborted) throw error;
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * failed[how]));
		}
	}
}

function howItFailed(error: unknown): 'refused' | 'silent' | null {
	if (error instanceof AuthorizationError) return 'refused';
	return error instanceof TimeoutError ? 'silent' : null;
}
