// What the server says of a record in the headers of its republish. Read from their text, because the library's map of them costs
// as much as the record itself, and every host reads every commit.
import { type Msg, MsgImpl } from '@nats-io/transport-node';
import { keyOf } from './record-codec.ts';

export interface Republished {
	subject: string;
	key: string;
	revision: number;
	/** Revision of the same key before this one; 0 for the first. */
	previous: number;
}

/** Null for anything that is not the server's own republish. */
export function parseRepublished(message: Msg): Republished | null {
	const text = headerText(message);
	const revision = Number(headerOf(text, 'Nats-Sequence'));
	const subject = headerOf(text, 'Nats-Subject');
	if (!Number.isInteger(revision) || revision < 1 || !subject.startsWith('$KV.covey_actors.')) return null;
	if (headerOf(text, 'KV-Operation') !== '') return null;
	return { subject, key: keyOf(subject), revision, previous: Number(headerOf(text, 'Nats-Last-Sequence')) || 0 };
}

const UTF8 = new TextDecoder();

/** `NATS/1.0\r\nName: value\r\n…\r\n\r\n`, or '' without headers. */
function headerText(message: Msg): string {
	if (!(message instanceof MsgImpl) || message._msg.hdr < 0) return '';
	return UTF8.decode(message._rdata.subarray(0, message._msg.hdr));
}

/** '' when there is no such header. */
function headerOf(text: string, name: string): string {
	const line = `\r\n${name}:`;
	const at = text.indexOf(line);
	return at < 0 ? '' : text.slice(at + line.length, text.indexOf('\r\n', at + line.length)).trim();
}
