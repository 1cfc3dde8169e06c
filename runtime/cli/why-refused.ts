// A command that nobody could take: because the majority of the voting hosts is missing?
import { CoveyError } from '../engine/errors.ts';
import type { Client } from './client.ts';

const NOBODY: ReadonlySet<string> = new Set(['NO_ANSWER', 'TIMEOUT', 'STORE_UNAVAILABLE', 'ACTOR_MOVED']);

/** Does `send`. Rejects with NO_QUORUM and what is needed when no answer came and that is why; the owner of an actor may be among the missing. */
export async function orNoQuorum<T>(client: Client, send: () => Promise<T>): Promise<T> {
	try {
		return await send();
	} catch (thrown) {
		if (!(thrown instanceof CoveyError) || !NOBODY.has(thrown.code)) throw thrown;
		const needs = await client.ask('hosts', {}).then(
			(answer) => answer.needs,
			() => null,
		);
		throw needs === null ? thrown : new CoveyError('NO_QUORUM', needs, { cause: thrown });
	}
}
