import { Writable } from 'node:stream';

export type Written = Writable & { text(): string };

/** A stream that keeps what is written. */
export function writable(): Written {
	const parts: string[] = [];
	const stream = new Writable({
		write(chunk, _encoding, done) {
			parts.push(String(chunk));
			done();
		},
	});
	return Object.assign(stream, { text: () => parts.join('') });
}
