// Speaks the first words of a nats-server's ports by hand: as a client, as another server's route, as a leaf.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type TLSSocket, connect as upgrade } from 'node:tls';
import { fromSeed } from '@nats-io/nkeys';
import type { ClientIdentity } from '../../nats/connection-options.ts';

export type PortKind = 'client' | 'route' | 'leaf';
/** No certificate is shown when `certFile` is null. */
export type Caller = Omit<ClientIdentity, 'certFile'> & { certFile: string | null };

const QUIET_MS = 5_000;

/** Says hello as a member would. `let in`: the server went on to the protocol behind TLS and user. */
export async function knock(kind: PortKind, port: number, caller: Caller): Promise<'let in' | 'refused'> {
	let secured: TLSSocket | null = null;
	try {
		const { socket, greeting } = await open(kind, port);
		secured = await encrypt(socket, caller);
		secured.write(hello(kind, greeting, caller));
		const words = await answerTo(secured, (text) => WELCOME[kind].test(text));
		return WELCOME[kind].test(words) ? 'let in' : 'refused';
	} catch {
		return 'refused';
	} finally {
		secured?.destroy();
	}
}

/** What a server says to plain TCP, until it hangs up. */
export async function talkPlain(port: number, words: string): Promise<string> {
	const socket = await dial(port);
	socket.write(words);
	return answerTo(socket, () => false);
}

/** Sends bytes, plain or inside TLS, and hangs up when they are sent or the server did. */
export async function shout(kind: PortKind, port: number, caller: Caller | null, bytes: Uint8Array): Promise<void> {
	const socket = caller ? await encrypt((await open(kind, port)).socket, caller) : await dial(port);
	const gone = new Promise((resolve) => socket.once('close', resolve));
	socket.resume();
	socket.end(bytes);
	const timer = setTimeout(() => socket.destroy(), 1_000);
	await gone;
	clearTimeout(timer);
}

/** Rejects when the handshake fails. */
export async function handshake(kind: PortKind, port: number, caller: Caller, version: 'TLSv1.2' | 'TLSv1.3'): Promise<void> {
	const { socket } = await open(kind, port);
	(await encrypt(socket, caller, version)).destroy();
}

/** Up to where TLS begins: routes begin with it, the others with a greeting. */
async function open(kind: PortKind, port: number): Promise<{ socket: Socket; greeting: string }> {
	return kind === 'route' ? { socket: await dial(port), greeting: '' } : greet(port);
}

async function dial(port: number): Promise<Socket> {
	const socket = connect({ host: '127.0.0.1', port });
	await once(socket, 'connect');
	socket.on('error', () => undefined);
	return socket;
}

async function greet(port: number): Promise<{ socket: Socket; greeting: string }> {
	const socket = await dial(port);
	let greeting = '';
	await new Promise<void>((resolve, reject) => {
		socket.on('data', (chunk) => {
			greeting += chunk.toString('utf8');
			if (greeting.includes('\r\n')) resolve();
		});
		socket.once('close', () => reject(new Error('no greeting')));
	});
	socket.removeAllListeners('data');
	return { socket, greeting };
}

async function encrypt(socket: Socket, caller: Caller, version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<TLSSocket> {
	const secured = upgrade({
		socket,
		servername: 'covey.internal',
		ca: readFileSync(caller.caFile),
		rejectUnauthorized: false,
		minVersion: version,
		maxVersion: version,
		...(caller.certFile === null ? {} : { cert: readFileSync(caller.certFile), key: readFileSync(caller.keyFile) }),
	});
	await once(secured, 'secureConnect');
	secured.on('error', () => undefined);
	return secured;
}

/** What comes until `enough`, the end, or five quiet seconds. */
async function answerTo(socket: Socket, enough: (text: string) => boolean): Promise<string> {
	let text = '';
	return new Promise((resolve) => {
		const timer = setTimeout(() => resolve(text), QUIET_MS);
		const finish = () => {
			clearTimeout(timer);
			resolve(text);
		};
		socket.on('data', (chunk) => {
			text += chunk.toString('utf8');
			if (enough(text)) finish();
		});
		socket.once('close', finish);
	});
}

// A route is asked for with another cluster's name: the server says so to those whom its TLS has let in, and nothing happens.
const WELCOME: Record<PortKind, RegExp> = { client: /PONG/, route: /cluster name/, leaf: /LS\+|PONG/ };

export function hello(kind: PortKind, greeting: string, caller: Caller): string {
	const { nonce = '' } = JSON.parse(/INFO ({.*})/.exec(greeting)?.[1] ?? '{}') as { nonce?: string };
	const key = fromSeed(new TextEncoder().encode(caller.seed));
	const sig = Buffer.from(key.sign(new TextEncoder().encode(nonce))).toString('base64url');
	const signed = { nkey: key.getPublicKey(), sig, headers: true };
	switch (kind) {
		case 'client':
			return `CONNECT ${JSON.stringify({ ...signed, lang: 'test', version: '1', protocol: 1 })}\r\nPING\r\n`;
		case 'leaf':
			return `CONNECT ${JSON.stringify({ ...signed, name: 'probe', server_id: 'PROBE', protocol: 1 })}\r\nPING\r\n`;
		case 'route':
			return `CONNECT ${JSON.stringify({ name: 'probe', cluster: 'other', headers: true })}\r\nPING\r\n`;
	}
}

/** Serial number of the certificate that a server shows to a client. */
export async function shownSerial(port: number, caller: Caller): Promise<string> {
	const secured = await encrypt((await open('client', port)).socket, caller);
	const { serialNumber } = secured.getPeerCertificate();
	secured.destroy();
	return serialNumber;
}
