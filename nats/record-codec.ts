import { type ActorRecord, damagedField, SCHEMA, type Stored } from '../runtime/engine/record.ts';
import { parseJson } from './connect.ts';
import type { StreamMessage } from './js-api.ts';

/** A record left alone because it cannot be believed or is from the future. */
export interface Unreadable {
	/** `install.jellyfin` */
	key: string;
	revision: number;
	reason: 'newer' | 'damaged';
	message: string;
}

export type Decoded = { status: 'readable'; stored: Stored } | { status: 'unreadable'; unreadable: Unreadable };

export const keyOf = (subject: string): string => subject.replace(/^\$KV\.[^.]+\./, '');

export function decodeRecord(message: Pick<StreamMessage, 'subject' | 'seq' | 'data'>): Decoded {
	const key = keyOf(message.subject);
	const unreadable = (reason: Unreadable['reason'], text: string): Decoded => ({
		status: 'unreadable',
		unreadable: { key, revision: message.seq, reason, message: `The record ${key} (revision ${message.seq}) ${text}` },
	});
	const json = parseJson(message.data);
	const schema = typeof json === 'object' && json !== null && 'schema' in json ? json.schema : undefined;
	if (typeof schema === 'number' && schema > SCHEMA)
		return unreadable('newer', `has schema ${schema}; this Covey knows up to ${SCHEMA}.`);
	const field = damagedField(json);
	if (field !== null) return unreadable('damaged', `is damaged: its ${field} cannot be read.`);
	const record = json as ActorRecord;
	if (`${record.kind}.${record.id}` !== key) return unreadable('damaged', `calls itself ${record.kind}.${record.id}.`);
	return { status: 'readable', stored: { record, revision: message.seq } };
}
