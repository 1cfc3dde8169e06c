// Sends a command and waits quietly until the actor rests in a phase that was meant.
import { setTimeout as wait } from 'node:timers/promises';
import { CoveyError } from '../engine/errors.ts';
import { type ActorRef, refText } from '../engine/record.ts';
import type { Client } from './client.ts';

const ASK_EVERY_MS = 500;
const LIMIT_MS = 300_000;

/** Rejects with the actor's own failure, or TIMEOUT. */
export async function untilPhase(client: Client, ref: ActorRef, type: string, wanted: readonly string[]): Promise<void> {
	const { seq } = await client.command(ref, { type });
	const deadline = Date.now() + LIMIT_MS;
	while (Date.now() < deadline) {
		const { actor } = await client.ask('show', { actor: refText(ref) });
		if (actor.seq >= seq && actor.effects.length === 0 && wanted.includes(actor.phase)) return;
		await wait(ASK_EVERY_MS);
	}
	throw new CoveyError('TIMEOUT', `${ref.id} did not become ${wanted.join(' or ')} within ${LIMIT_MS / 60_000} min.`);
}
