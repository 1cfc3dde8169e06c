// The cluster's own certificate authority: P-256 keys, X.509 certificates. Names in a certificate come from the signer, never
// from the request; of a request only the proven public key is used.
import { createHash, createPrivateKey, createPublicKey, webcrypto, X509Certificate } from 'node:crypto';
import { CoveyError } from '../engine/errors.ts';

/** In every host certificate, so that a client knows it talks to a member whatever address it used. */
export const SERVER_NAME = 'covey.internal';

export interface Authority {
	/** PEM. */
	certificate: string;
	/** PKCS 8, PEM. */
	key: string;
}

export interface KeyAndRequest {
	/** PKCS 8, PEM. Never leaves its host. */
	key: string;
	/** PKCS 10, PEM. */
	request: string;
}

const DAY_MS = 24 * 3600 * 1000;
const AUTHORITY_DAYS = 20 * 365;
/**
 * Renewed each month, and good for a year: who may speak is said by the members' documents, and a cluster that was switched off for
 * months must start again, since without its certificates it cannot even sign new ones.
 */
const HOST_DAYS = 400;
/** Nobody watches over a script: long enough not to surprise, short enough that a forgotten one ends. */
export const CREDENTIAL_DAYS = 365;
/** Renewed when this much is left. */
const RENEW_BEFORE_DAYS = HOST_DAYS - 30;
/** Validity begins in the past: clocks of a home differ. */
const BACKDATED_MS = 3_600_000;

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** `cluster` is shown in the certificate's subject. `now` in ms. */
export async function newAuthority(cluster: string, now: number): Promise<Authority> {
	const x509 = await library();
	const keys = await newKeys();
	const certificate = await x509.X509CertificateGenerator.createSelfSigned({
		serialNumber: newSerial(),
		name: [{ CN: [`${cluster} authority`] }],
		notBefore: new Date(now - BACKDATED_MS),
		notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
		signingAlgorithm: SIGNING,
		keys,
		extensions: [
			new x509.BasicConstraintsExtension(true, 0, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
		],
	});
	return { certificate: certificate.toString('pem'), key: await privatePem(keys.privateKey) };
}

/** A new key and the proof that its maker has it. */
export async function newKeyAndRequest(): Promise<KeyAndRequest> {
	const keys = await newKeys();
	return { key: await privatePem(keys.privateKey), request: await requestFor(keys) };
}

/** A request for a key that exists already, to renew its certificate. */
export async function requestForKey(keyPem: string): Promise<string> {
	return requestFor(await keysOf(keyPem));
}

export interface SigningOrder {
	authority: Authority;
	/** PKCS 10, PEM. */
	request: string;
	subject: { type: 'host'; host: string; address: string } | { type: 'credential'; name: string };
	/** ms. */
	now: number;
}

/** The certificate, PEM. Rejects with BAD_REQUEST when the request is none, is not signed by its key, or has another kind of key. */
export async function sign(order: SigningOrder): Promise<string> {
	const x509 = await library();
	const publicKey = await provenKey(order.request);
	const { authority, subject, now } = order;
	const issuer = new x509.X509Certificate(authority.certificate);
	const host = subject.type === 'host';
	const certificate = await x509.X509CertificateGenerator.create({
		serialNumber: newSerial(),
		subject: [{ CN: [host ? subject.host : subject.name] }],
		issuer: issuer.subject,
		notBefore: new Date(now - BACKDATED_MS),
		notAfter: new Date(now + (host ? HOST_DAYS : CREDENTIAL_DAYS) * DAY_MS),
		signingAlgorithm: SIGNING,
		publicKey,
		signingKey: (await keysOf(authority.key)).privateKey,
		extensions: [
			new x509.BasicConstraintsExtension(false, undefined, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
			new x509.ExtendedKeyUsageExtension(
				host ? [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth] : [x509.ExtendedKeyUsage.clientAuth],
			),
			...(host ? [new x509.SubjectAlternativeNameExtension(namesOf(subject.host, subject.address))] : []),
			await x509.AuthorityKeyIdentifierExtension.create(issuer),
		],
	});
	return certificate.toString('pem');
}

/** SHA-256 of the public key (SPKI DER), hex: stays the same when a certificate is renewed. Throws BAD_REQUEST. */
export function pinOf(certificate: string): string {
	return createHash('sha256')
		.update(parsed(certificate).publicKey.export({ type: 'spki', format: 'der' }))
		.digest('hex');
}

/** The pin of the key that a request proves. Rejects with BAD_REQUEST. */
export async function pinOfRequest(request: string): Promise<string> {
	const key = await provenKey(request);
	const der = await webcrypto.subtle.exportKey('spki', key as webcrypto.CryptoKey);
	return createHash('sha256').update(Buffer.from(der)).digest('hex');
}

/** The pin of a public key (SPKI DER, base64). */
export const pinOfKey = (publicKey: string): string =>
	createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');

/** SHA-256 of the certificate (DER), hex. Throws BAD_REQUEST. */
export const fingerprintOf = (certificate: string): string => createHash('sha256').update(parsed(certificate).raw).digest('hex');

/** ms. Throws BAD_REQUEST. */
export const expiryOf = (certificate: string): number => Date.parse(parsed(certificate).validTo);

export const needsRenewal = (certificate: string, now: number): boolean =>
	expiryOf(certificate) - now < RENEW_BEFORE_DAYS * DAY_MS;

/** True when `certificate` was signed by `authority` and its key belongs to `key`. */
export function fits(certificate: string, authority: string, key: string): boolean {
	const own = parsed(certificate);
	return own.verify(parsed(authority).publicKey) && own.checkPrivateKey(createPrivateKey(key));
}

function parsed(certificate: string): X509Certificate {
	try {
		return new X509Certificate(certificate);
	} catch (error) {
		throw new CoveyError('BAD_REQUEST', 'This is no certificate.', { cause: error });
	}
}

async function provenKey(request: string): Promise<CryptoKey> {
	const x509 = await library();
	try {
		const csr = new x509.Pkcs10CertificateRequest(request);
		const key = await csr.publicKey.export(EC, ['verify']);
		if (await csr.verify()) return key;
	} catch (error) {
		throw new CoveyError('BAD_REQUEST', 'The certificate request is unreadable, or its key is not of the curve P-256.', {
			cause: error,
		});
	}
	throw new CoveyError('BAD_REQUEST', 'The certificate request is not signed by its own key.');
}

const namesOf = (host: string, address: string): { type: 'dns' | 'ip'; value: string }[] => [
	{ type: 'dns', value: SERVER_NAME },
	{ type: 'dns', value: `${host}.${SERVER_NAME}` },
	/^[0-9.]+$/.test(address) ? { type: 'ip', value: address } : { type: 'dns', value: address },
];

/** 16 random bytes, positive. */
function newSerial(): string {
	const bytes = webcrypto.getRandomValues(new Uint8Array(16));
	bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
	return Buffer.from(bytes).toString('hex');
}

const newKeys = (): Promise<CryptoKeyPair> =>
	webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;

async function requestFor(keys: CryptoKeyPair): Promise<string> {
	const x509 = await library();
	const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=covey', keys, signingAlgorithm: SIGNING });
	return request.toString('pem');
}

async function privatePem(key: CryptoKey): Promise<string> {
	const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key as webcrypto.CryptoKey));
	const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
	return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

async function keysOf(keyPem: string): Promise<CryptoKeyPair> {
	const der = (format: 'pkcs8' | 'spki') =>
		format === 'pkcs8'
			? createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' })
			: createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
	return {
		privateKey: (await webcrypto.subtle.importKey('pkcs8', der('pkcs8'), EC, true, ['sign'])) as CryptoKey,
		publicKey: (await webcrypto.subtle.importKey('spki', der('spki'), EC, true, ['verify'])) as CryptoKey,
	};
}

/** Loaded when something is signed: most hosts never do, and it is not small. */
async function library(): Promise<typeof import('@peculiar/x509')> {
	await import('reflect-metadata');
	return import('@peculiar/x509');
}
