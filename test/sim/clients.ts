// Clients: each command is tried again with the same cmdId until it is answered for good or its deadline is over.
import type { Reply } from '../../runtime/engine/ports.ts';
import type { JsonObject } from '../../runtime/engine/record.ts';
import type { World } from './world.ts';

export interface Call {
	actor: string;
	cmdId: string;
	/** What the machine notes down, once per applied command. */
	tag: string;
	type: string;
	state: 'open' | 'ok' | 'refused' | 'expired';
	reply?: Reply;
	tries: number;
}

export interface Clients {
	/** `send` makes one attempt; it may reply several times or never. */
	call(
		wanted: Pick<Call, 'actor' | 'cmdId' | 'tag' | 'type'>,
		deadlineMs: number,
		send: (payload: JsonObject, onReply: (reply: Reply) => void) => void,
	): Call;
	calls(): readonly Call[];
}

const RETRY: ReadonlySet<string> = new Set(['ACTOR_MOVED', 'STORE_UNAVAILABLE', 'TIMEOUT', 'NO_ANSWER']);

export function clients(world: World, onAnswer: (call: Call, reply: Reply) => void): Clients {
	const rng = world.rng.fork();
	const calls: Call[] = [];
	return {
		calls: () => calls,
		call(wanted, deadlineMs, send) {
			const call: Call = { ...wanted, state: 'open', tries: 0 };
			calls.push(call);
			const payload = () => ({
				...{ cmdId: call.cmdId, by: 'client', type: call.type, tag: call.tag },
				...(call.tries > 1 ? { repeat: true } : {}),
			});
			world.after(deadlineMs, () => {
				if (call.state === 'open') call.state = 'expired';
			});
			attempt();
			return call;

			function attempt(): void {
				if (call.state !== 'open') return;
				call.tries++;
				let again: (() => void) | null = null;
				const retry = (ms: number) => {
					again?.();
					again = world.after(ms, attempt);
				};
				retry(rng.between(1_000, 3_000));
				const { tries } = call;
				send(payload(), (reply) => {
					if (reply.ok || !RETRY.has(reply.error.code)) settle(reply, tries);
					else if (call.state === 'open') retry(rng.between(100, 1_000));
				});
			}

			function settle(reply: Reply, tries: number): void {
				world.trace('client', 'answer', `${call.cmdId} ${reply.ok ? `ok ${reply.seq}` : reply.error.code}`);
				onAnswer(call, reply);
				// A refusal that comes after the client has asked again was not waited for, and says nothing of the repeat.
				if (call.state !== 'open' || (!reply.ok && tries < call.tries)) return;
				call.state = reply.ok ? 'ok' : 'refused';
				call.reply = reply;
			}
		},
	};
}
