// What everyone sees of a host's membership: one phase, one sentence, what it can do now and why not.
import type { Seen } from '../../runtime/engine/kind.ts';
import type { JsonObject } from '../../runtime/engine/record.ts';
import type { HostContext } from './context.ts';
import { HOST_COMMANDS, type HostData, type HostPhase } from './contract.ts';

export function viewHost(seen: Seen): { phase: string; words: string; can: Record<string, true | string>; data: JsonObject } {
	const context = seen.context as unknown as HostContext;
	const phase = phaseOf(seen.phase, context);
	const data: HostData = {
		host: context.host,
		cordoned: phase !== 'member',
		moved: context.moved,
		stays: context.stays,
		failure: context.failure && { code: context.failure.code, message: context.failure.message, next: context.failure.next },
		departedAt: context.departedAt,
	};
	return {
		phase,
		words: wordsOf(seen.phase, context),
		can: permissions(seen, phase, context),
		data: data as unknown as JsonObject,
	};
}

/** Inner states that a person need not tell apart share a phase. */
function phaseOf(state: string, { wish }: HostContext): HostPhase {
	switch (state) {
		case 'checking':
		case 'handingOver':
		case 'excluding':
		case 'readmitting':
		case 'noting':
		case 'removing':
		case 'removingAgain':
			return wish === 'forget' ? 'forgetting' : 'leaving';
		default:
			return state as HostPhase;
	}
}

function wordsOf(state: string, { host, wish, failure, moved }: HostContext): string {
	const why = failure ? ` ${failure.message}` : '';
	switch (state) {
		case 'member':
			return `A member of the cluster.${why}`;
		case 'cordoned':
			return `Nothing new is placed on it.${why}`;
		case 'draining':
			return 'Nothing new is placed on it; what can be moved is being moved.';
		case 'drained':
			return `Empty: no app is on it, nothing new is placed on it.${movedWords(moved)}${why}`;
		case 'checking':
			return wish === 'forget' ? `Looking whether ${host} is really away.` : `Looking what is on ${host}.`;
		case 'handingOver':
			return 'Handing its actors over to other hosts.';
		case 'excluding':
			return 'Taking its vote away, if it has one.';
		case 'readmitting':
			return `It stays: letting it vote again.${why}`;
		case 'noting':
			return 'Telling it that it has left.';
		case 'removing':
		case 'removingAgain':
			return 'Taking it off the list of members.';
		case 'left':
			return 'It has left the cluster; its data stays on its disk.';
		case 'forgotten':
			return 'It was forgotten: its certificate is refused; its data stays on its disk.';
		default:
			return state;
	}
}

const movedWords = (moved: HostContext['moved']): string =>
	moved.length > 0 ? ` Moved: ${moved.map(({ instance, to }) => (to ? `${instance} to ${to}` : instance)).join(', ')}.` : '';

function permissions(seen: Seen, phase: HostPhase, context: HostContext): Record<string, true | string> {
	const can: Record<string, true | string> = {};
	for (const command of HOST_COMMANDS)
		can[command] = seen.can({ type: command, force: false }) || refusalOf(command, phase, context);
	return can;
}

function refusalOf(command: (typeof HOST_COMMANDS)[number], phase: HostPhase, { wish }: HostContext): string {
	if (phase === 'left') return 'it has left the cluster';
	if (phase === 'forgotten') return 'it was forgotten';
	if (phase === 'leaving' || phase === 'forgetting')
		return command === 'host.cancel' ? 'it is too late for that' : `it is ${phase}`;
	switch (command) {
		case 'host.cordon':
			return phase === 'draining' ? 'it is being drained' : 'it is cordoned already';
		case 'host.uncordon':
			return phase === 'draining' ? 'it is being drained; undrain puts it back' : 'it is not cordoned';
		case 'host.undrain':
			return phase === 'cordoned' && wish === 'drain' ? 'it is only cordoned; uncordon it' : 'it was not drained';
		case 'host.cancel':
			return `there is nothing to cancel while it is ${phase}`;
		case 'host.retry':
			return 'nothing has failed';
		default:
			return `it is ${phase}; cancel it first`;
	}
}
