// What everyone sees of the voters: one phase, one sentence with the reason, what can be asked now and why not.
import type { Seen } from '../../runtime/engine/kind.ts';
import type { JsonObject } from '../../runtime/engine/record.ts';
import type { VotersContext } from './context.ts';
import { VOTERS_COMMANDS, type VotersData, type VotersPhase } from './contract.ts';

export function viewVoters(seen: Seen): { phase: string; words: string; can: Record<string, true | string>; data: JsonObject } {
	const context = seen.context as unknown as VotersContext;
	const phase = phaseOf(seen.phase);
	const can: Record<string, true | string> = {};
	for (const type of VOTERS_COMMANDS) can[type] = seen.can({ type, ...PAYLOAD[type] }) || refusalOf(type, phase);
	return { phase, words: wordsOf(seen.phase, context), can, data: dataOf(context) as unknown as JsonObject };
}

const PAYLOAD: Record<(typeof VOTERS_COMMANDS)[number], JsonObject> = {
	'voters.check': {},
	'voters.retry': {},
	'voters.exclude': { host: 'any' },
	'voters.include': { host: 'any' },
	'voters.want': { voters: 3 },
};

function phaseOf(state: string): VotersPhase {
	switch (state) {
		case 'seating':
		case 'turning':
			return 'deciding';
		case 'withdrawing':
			return 'demoting';
		default:
			return state as VotersPhase;
	}
}

function dataOf(context: VotersContext): VotersData {
	const { voters } = context;
	return {
		voters: [...new Set(voters.map(({ host }) => host))].sort(),
		wanted: context.wanted,
		copies: context.copies,
		away: voters.flatMap(({ host, offlineSince }) => (offlineSince === null ? [] : [{ host, since: offlineSince }])),
		excluded: context.excluded,
		avoided: Object.entries(context.avoided).map(([host, until]) => ({ host, until })),
		reason: context.choice?.reason ?? null,
		failure: context.failure && { code: context.failure.code, message: context.failure.message, next: context.failure.next },
	};
}

function wordsOf(state: string, { choice, failure, seat }: VotersContext): string {
	const why = sentence(choice?.reason ?? '');
	switch (state) {
		case 'deciding':
		case 'turning':
			return 'Looking at who holds the data of the cluster.';
		case 'seating':
			return `Waiting for ${seat ?? 'a voter'} to look at the voters.`;
		case 'steady':
			return why;
		case 'waiting':
			return `Waiting: ${why}`;
		case 'promoting':
		case 'replicating':
		case 'demoting':
			return why;
		case 'withdrawing':
			return `Taking it back: ${why} ${failure?.message ?? ''}`.trim();
		case 'settling':
			return `${choice && 'host' in choice ? choice.host : 'A host'} starts anew without the data of the cluster.`;
		default:
			return `Not done: ${why} ${failure?.message ?? ''} It is tried again by itself.`.replaceAll(/ +/g, ' ');
	}
}

const sentence = (text: string): string => (text === '' ? '' : `${text}.`);

function refusalOf(command: string, phase: VotersPhase): string {
	if (command === 'voters.retry') return 'nothing has failed';
	return phase === 'deciding' ? 'it is looking already' : 'a change is going on; it looks again after it';
}
