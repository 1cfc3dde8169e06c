// Passwords as the servers keep them. Sent in this form, the password itself is in no statement, so in no log of a server either.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const ITERATIONS = 4096;

/** For PostgreSQL: RFC 5803 with SHA-256. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
	const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
	const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
	const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
	return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`;
}

/** For MariaDB's mysql_native_password. */
export function nativePassword(password: string): string {
	const sha1 = (bytes: string | Buffer) => createHash('sha1').update(bytes).digest();
	return `*${sha1(sha1(password)).toString('hex').toUpperCase()}`;
}

/** For Redis. */
export const redisPassword = (password: string): string => createHash('sha256').update(password).digest('hex');
