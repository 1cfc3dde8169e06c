// A job as a row of the database, and back.
import { parseRef, refText } from '../engine/record.ts';
import type { JobRow } from './journal.ts';

export interface DatabaseRow {
	key: string;
	actor: string;
	epoch: number;
	token: number;
	effect: string;
	input: string;
	owner: string;
	state: JobRow['state'];
	attempts: number;
	interrupted: number;
	next_at: number;
	result: string | null;
	notes: string;
	created: number;
	ended: number | null;
	acked: number;
}

export function toDatabase(row: JobRow): DatabaseRow {
	const { actor, input, end, notes, nextAt, acked, ...same } = row;
	return {
		...same,
		actor: refText(actor),
		input: JSON.stringify(input),
		result: end && JSON.stringify(end),
		notes: JSON.stringify(notes),
		next_at: Math.round(nextAt),
		created: Math.round(same.created),
		ended: same.ended === null ? null : Math.round(same.ended),
		acked: acked ? 1 : 0,
	};
}

export function fromDatabase(row: DatabaseRow): JobRow {
	const { actor, input, result, notes, next_at, acked, ...same } = row;
	return {
		...same,
		actor: parseRef(actor),
		input: JSON.parse(input) as JobRow['input'],
		end: result === null ? null : (JSON.parse(result) as JobRow['end']),
		notes: JSON.parse(notes) as JobRow['notes'],
		nextAt: next_at,
		acked: acked === 1,
	};
}
