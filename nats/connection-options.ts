// How every connection of Covey behaves. Apart from connect.ts because the heartbeat's thread needs nothing else of it.
import { type ConnectionOptions, nkeyAuthenticator } from '@nats-io/transport-node';

export interface ConnectOptions {
	/** In order of preference: the own host's server first, then voters. */
	servers: string[];
	/** Shown in the server's monitoring. */
	name: string;
	/** True: never another server of the cluster, which it would learn of and turn to when refused. */
	only?: boolean;
	user?: string;
	pass?: string;
	/** Who we are in a secure cluster; null or absent in an open one. */
	identity?: ClientIdentity | null;
	/** Limit for the first connection, ms. Default 5 s. */
	deadlineMs?: number;
}

export interface ClientIdentity {
	/** Paths of PEM files, read anew with each connection: a renewed certificate is used from then on. */
	caFile: string;
	certFile: string;
	keyFile: string;
	/** nkey seed of our user, `SU…`. */
	seed: string;
	/** Where answers come to, from inbox.ts. The server lets nobody listen to another's. */
	inbox: string;
}

/** In every host's certificate, whatever address was used to reach it. */
const SERVER_NAME = 'covey.internal';

/** Not to be sent to another thread: it holds functions. */
export function connectionOptions(options: ConnectOptions): ConnectionOptions {
	return {
		servers: options.servers,
		name: options.name,
		noRandomize: true,
		reconnectTimeWait: 100,
		reconnectJitter: 50,
		maxReconnectAttempts: -1,
		pingInterval: 2_000,
		maxPingOut: 2,
		timeout: 2_000,
		...(options.only ? { ignoreClusterUpdates: true } : {}),
		...(options.user === undefined ? {} : { user: options.user }),
		...(options.pass === undefined ? {} : { pass: options.pass }),
		...(options.identity ? secured(options.identity) : {}),
	};
}

function secured(identity: ClientIdentity): Partial<ConnectionOptions> {
	const { caFile, certFile, keyFile, seed, inbox } = identity;
	// The names reach Node's TLS, though the type does not know them.
	const tls = { caFile, certFile, keyFile, servername: SERVER_NAME, minVersion: 'TLSv1.3' };
	return {
		tls,
		authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
		inboxPrefix: inbox,
		// A host that a server does not know yet is let in later.
		ignoreAuthErrorAbort: true,
		reconnectDelayHandler: patience(() => performance.now(), Math.random),
	};
}

const EAGER_MS = 10_000;
const CONNECTED_MS = 5_000;

/** ms until the next try: 100 at first, 1000 from the tenth second on, because each try of one that is refused costs a handshake. */
export function patience(now: () => number, random: () => number): () => number {
	let since = now();
	let last = since;
	return () => {
		// It is asked before every try: after a silence it was connected.
		if (now() - last > CONNECTED_MS) since = now();
		last = now();
		return (last - since < EAGER_MS ? 100 : 1_000) * (1 + random() / 2);
	};
}
