import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import {
	expiryOf,
	fingerprintOf,
	fits,
	needsRenewal,
	newAuthority,
	newKeyAndRequest,
	pinOf,
	pinOfRequest,
	requestForKey,
	SERVER_NAME,
	sign,
} from '../../../runtime/trust/ca.ts';

const DAY = 24 * 3600 * 1000;
const now = Date.now();
const host = { type: 'host', host: 'alder', address: '127.0.0.1' } as const;

async function hostOf(authority: Awaited<ReturnType<typeof newAuthority>>) {
	const { key, request } = await newKeyAndRequest();
	return { key, certificate: await sign({ authority, request, subject: host, now }) };
}

test('two hosts of one authority trust each other over TLS 1.3; one of another authority is refused by both sides', async () => {
	const authority = await newAuthority('covey-1', now);
	const server = await hostOf(authority);
	const member = await hostOf(authority);
	const stranger = await hostOf(await newAuthority('covey-1', now));
	const listening = createServer({
		cert: server.certificate,
		key: server.key,
		ca: authority.certificate,
		requestCert: true,
		rejectUnauthorized: true,
		minVersion: 'TLSv1.3',
	}).listen(0, '127.0.0.1');
	onTestFinished(() => void listening.close());
	listening.on('secureConnection', (socket) => socket.end('welcome'));
	await once(listening, 'listening');
	const greet = async (who: typeof member, ca: string) => {
		const { port } = listening.address() as AddressInfo;
		const socket: TLSSocket = connect({
			port,
			host: '127.0.0.1',
			servername: SERVER_NAME,
			ca,
			cert: who.certificate,
			key: who.key,
		});
		// A server that refuses a certificate of TLS 1.3 does so after the client believes to be connected.
		const refused = once(socket, 'close').then(() => Promise.reject(new Error('refused')));
		const [first] = await Promise.race([once(socket, 'data'), refused]);
		refused.catch(() => undefined);
		return { said: String(first), protocol: socket.getProtocol() };
	};
	expect(await greet(member, authority.certificate)).toEqual({ said: 'welcome', protocol: 'TLSv1.3' });
	await expect(greet(stranger, authority.certificate)).rejects.toThrow();
	await expect(greet(member, (await newAuthority('covey-1', now)).certificate)).rejects.toThrow();
});

test('a host certificate names host, cluster and address, and is valid from an hour ago for more than a year, and renewed each month', async () => {
	const authority = await newAuthority('covey-1', now);
	const { certificate, key } = await hostOf(authority);
	const read = new X509Certificate(certificate);
	expect(read.subjectAltName).toBe('DNS:covey.internal, DNS:alder.covey.internal, IP Address:127.0.0.1');
	expect(read.ca).toBe(false);
	expect(Date.parse(read.validFrom)).toBeLessThan(now - 3_500_000);
	expect(expiryOf(certificate)).toBeGreaterThan(now + 365 * DAY);
	expect(needsRenewal(certificate, now)).toBe(false);
	expect(needsRenewal(certificate, now + 31 * DAY)).toBe(true);
	expect(fits(certificate, authority.certificate, key)).toBe(true);
	expect(fits(certificate, (await newAuthority('covey-1', now)).certificate, key)).toBe(false);
	expect(fits(certificate, authority.certificate, (await newKeyAndRequest()).key)).toBe(false);
	expect(fingerprintOf(authority.certificate)).toMatch(/^[0-9a-f]{64}$/);
});

test('a renewed certificate keeps the pin of its key', async () => {
	const authority = await newAuthority('covey-1', now);
	const { certificate, key } = await hostOf(authority);
	const request = await requestForKey(key);
	const renewed = await sign({ authority, request, subject: host, now: now + 20 * DAY });
	expect(pinOf(renewed)).toBe(pinOf(certificate));
	expect(await pinOfRequest(request)).toBe(pinOf(certificate));
	expect(expiryOf(renewed)).toBeGreaterThan(expiryOf(certificate));
});

test('what is no request, or not signed by its own key, is refused', async () => {
	const authority = await newAuthority('covey-1', now);
	const { request } = await newKeyAndRequest();
	const der = Buffer.from(request.replace(/-----[^-]+-----|\s/g, ''), 'base64');
	der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
	const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
	for (const bad of ['', 'hello', forged, authority.certificate])
		await expect(sign({ authority, request: bad, subject: host, now })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});
