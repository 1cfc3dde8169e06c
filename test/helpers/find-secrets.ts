// Looks for secrets as anybody could who reads over a shoulder, a log or a disk.
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A secret by the name it has in a failure, and every form in which it could be seen. */
export interface Needle {
	name: string;
	forms: Buffer[];
}

/** A text that must not be seen as it is. */
export const textNeedle = (name: string, text: string): Needle => ({ name, forms: [Buffer.from(text)] });

/** Bytes given as base64: as they are, in base64 of both kinds, in hex. */
export function bytesNeedle(name: string, base64: string): Needle {
	const bytes = Buffer.from(base64, 'base64');
	const texts = [base64, bytes.toString('base64url'), bytes.toString('hex')];
	return { name, forms: [bytes, ...texts.map((text) => Buffer.from(text))] };
}

/** A private key: a line of its PEM, and the number it is about. */
export function keyNeedle(name: string, pem: string): Needle {
	const line = pem.split('\n')[2] ?? '';
	const number = createPrivateKey(pem).export({ format: 'jwk' }).d ?? '';
	const { forms } = bytesNeedle(name, Buffer.from(number, 'base64url').toString('base64'));
	return { name, forms: [Buffer.from(line), ...forms] };
}

/** Names of the needles in it. */
export const foundIn = (hay: Buffer, needles: readonly Needle[]): string[] =>
	needles.filter(({ forms }) => forms.some((form) => hay.includes(form))).map(({ name }) => name);

export interface Seen {
	/** Below the folder. */
	path: string;
	names: string[];
	/** Whether somebody else than its user can read it. */
	open: boolean;
}

/** Every file that holds one of the needles. */
export function filesWith(folder: string, needles: readonly Needle[]): Seen[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.flatMap((entry) => {
			const path = join(entry.parentPath, entry.name);
			const names = foundIn(contentOf(path), needles);
			return names.length > 0 ? [{ path: path.slice(folder.length + 1), names, open: (statSync(path).mode & 0o077) !== 0 }] : [];
		});
}

/** Command lines, or environments, of all processes that hold one of the needles. */
export const processesWith = (what: 'cmdline' | 'environ', needles: readonly Needle[]): string[] =>
	readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map((pid) => contentOf(`/proc/${pid}/${what}`))
		.filter((line) => foundIn(line, needles).length > 0)
		.map((line) => line.toString().replaceAll('\0', ' '));

function contentOf(path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (thrown) {
		// A file or process that has just gone holds nothing any more; another user's we need not see.
		if (['ENOENT', 'ESRCH', 'EACCES'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return Buffer.alloc(0);
		throw thrown;
	}
}
