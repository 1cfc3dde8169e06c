// What everyone sees of an install: one phase, one sentence, what it can do now and why not.

import type { Seen } from '../../runtime/engine/kind.ts';
import type { JsonObject } from '../../runtime/engine/record.ts';
import type { InstallContext } from './context.ts';
import { COMMANDS, type InstallData, type InstallPhase } from './contract.ts';

export function viewInstall(seen: Seen): { phase: string; words: string; can: Record<string, true | string>; data: JsonObject } {
	const context = seen.context as unknown as InstallContext;
	const phase = phaseOf(seen.phase, context);
	const data: InstallData = {
		app: context.app,
		host: context.host,
		pinned: context.pinnedHost !== null,
		url: context.ports.find(({ url }) => url)?.url ?? null,
		ports: context.ports,
		generation: context.generation,
		failure: context.failure && { code: context.failure.code, message: context.failure.message, next: context.failure.next },
		undo: [...[...context.undo].reverse(), ...((context.partsDone ?? null) === null ? [] : ['removeParts'])],
		databases: context.databases ?? [],
		dedicated: context.dedicated ?? [],
		unusedServers: context.unusedServers ?? [],
		unreachableSince: context.unreachableSince,
		placement: context.placement,
		parts: (context.parts ?? []).map(({ instance }) => instance),
		partOf: context.partOf?.instance ?? null,
		uses: context.uses ?? [],
	};
	return {
		phase,
		words: wordsOf(seen.phase, phase, context, data),
		can: permissions(seen, phase),
		data: data as unknown as JsonObject,
	};
}

/** Inner states that a person need not tell apart share a phase. */
function phaseOf(state: string, context: InstallContext): InstallPhase {
	switch (state) {
		case 'resuming':
		case 'restarting':
		case 'accepting':
		case 'acceptingFirst':
			return 'starting';
		case 'gathering':
		case 'bringing':
		case 'waitingForHost':
		case 'replacing':
		case 'relocating':
			return 'queued';
		case 'discarding':
			return 'removing';
		case 'seeking':
			return 'unreachable';
		case 'saving':
		case 'changing':
		case 'rebuilding':
		case 'trying':
		case 'takingBack':
		case 'reviving':
			return 'updating';
		case 'providing':
			return 'configuring';
		case 'undoing':
		case 'withdrawing':
		case 'removingParts':
			return 'rollingBack';
		case 'returning':
			return 'unreachable';
		case 'starting':
			return context.unreachableSince === null ? 'starting' : 'unreachable';
		default:
			return state as InstallPhase;
	}
}

function wordsOf(state: string, phase: InstallPhase, context: InstallContext, data: InstallData): string {
	const host = context.host ?? 'a host';
	const lost =
		context.unreachableSince === null
			? ''
			: ` ${host} is unreachable since ${clockTime(context.unreachableSince)}; this goes on when it returns.`;
	const why = context.failure ? ` ${context.failure.message}` : '';
	switch (state) {
		case 'bringing':
			return partWords(context);
		case 'removingParts':
			return `Removing what was installed for it.${why}`;
		case 'queued':
			return 'Choosing a host.';
		case 'waitingForHost':
			return `${host} is unreachable since ${clockTime(context.unreachableSince)}. ${
				context.pinnedHost
					? 'It was chosen by a person, so it waits; retry places it elsewhere.'
					: 'It is placed elsewhere after a minute; retry does it now.'
			}`;
		case 'replacing':
		case 'relocating':
			return `Taking it off ${host}, to place it elsewhere.`;
		case 'validating':
			return `Checking ports, memory, disk and programs on ${host}.`;
		case 'providing':
			return `Making its database on ${host}, and the server for it where there is none.`;
		case 'configuring':
			return `Writing the plan of ${host}.`;
		case 'building':
			return `Building on ${host}.`;
		case 'starting':
			return lost.trim() || `Starting on ${host}, waiting until it is healthy.`;
		case 'resuming':
			return `Starting on ${host}.${lost}`;
		case 'restarting':
			return `Restarting on ${host}.${lost}`;
		case 'accepting':
		case 'acceptingFirst':
			return `Taking what is on the disk of ${host} as its data.${lost}`;
		case 'saving':
			return `Stopping it on ${host} and copying its data, before it is updated.${lost}`;
		case 'changing':
		case 'rebuilding':
			return `${context.update?.uses ? 'Changing what it is connected with' : 'Building its new version'} on ${host}.${lost}`;
		case 'trying':
			return `Starting ${context.update?.uses ? 'it' : 'its new version'} on ${host}, waiting until it is healthy.${lost}`;
		case 'takingBack':
			return `Bringing its old version and its data back on ${host}.${why}${lost}`;
		case 'reviving':
			return `Starting it on ${host} as it was before.${why}${lost}`;
		case 'running':
			return runningWords(host, data.url, why);
		case 'error':
			return context.failure?.code === 'HOST_FORGOTTEN' ? context.failure.message : `Not healthy on ${host}.${why}`;
		case 'discarding':
			return `Forgetting it; its data stays on the disk of ${host}.`;
		case 'seeking':
			return `Looking whether ${host} is back.`;
		case 'stopping':
			return `Stopping on ${host}.${lost}`;
		case 'stopped':
			return `Stopped on ${host}; its data is kept.`;
		case 'removing':
			return `Removing from ${host}.${lost}`;
		case 'removed':
			return `${removedWords(context)}${unusedWords(context)}`;
		case 'rollingBack':
			return `Taking back what was done on ${host}.${lost}${why}`;
		case 'undoing':
		case 'withdrawing':
			return `Taking back what was done on ${host}.${why}`;
		case 'rolledBack':
			return `Nothing is left of it.${why}`;
		case 'failed':
			return context.undo.length > 0 ? `Failed, and could not take back everything.${why}` : `Failed.${why}`;
		case 'unreachable':
			return `${host} is unreachable since ${clockTime(context.unreachableSince)}. Its data is there, so it starts nowhere else.`;
		case 'returning':
			return `${host} is back; looking at what it runs.`;
		default:
			return phase;
	}
}

/** `why`: its update was taken back. */
function runningWords(host: string, url: string | null, why: string): string {
	if (why !== '') return `Running on ${host}${url ? ` at ${url}` : ''}. It is as it was before:${why}`;
	return url ? `Running on ${host} at ${url}` : `Running on ${host}.`;
}

function removedWords({ host, hasRun, deleteData }: InstallContext): string {
	if (!host || !hasRun) return 'Removed.';
	return `Removed; its data ${deleteData ? `is in the trash of ${host}` : `is kept on ${host}`}.`;
}

function partWords({ parts = [], partsDone }: InstallContext): string {
	const done = partsDone ?? 0;
	const count = parts.length > 1 ? ` (${done + 1} of ${parts.length})` : '';
	return `Installing ${parts[done]?.instance ?? 'what it needs'} first${count}.`;
}

/** A server is not removed by itself: another app may need it tomorrow. */
function unusedWords({ unusedServers = [] }: InstallContext): string {
	if (unusedServers.length === 0) return '';
	const names = unusedServers.join(' and ');
	return ` No app uses ${names} any more; free ${unusedServers.length === 1 ? 'its' : 'their'} memory with \`covey remove ${unusedServers[0]}\`.`;
}

function permissions(seen: Seen, phase: InstallPhase): Record<string, true | string> {
	const can: Record<string, true | string> = {};
	const context = seen.context as unknown as InstallContext;
	for (const command of COMMANDS)
		can[command] = seen.can({ type: command, deleteData: false, version: null, uses: [] }) || refusalOf(command, phase, context);
	return can;
}

function refusalOf(command: (typeof COMMANDS)[number], phase: InstallPhase, context: InstallContext): string {
	if (phase === 'error' && context.failure?.code === 'HOST_FORGOTTEN') return 'its host is no member any more';
	if (phase === 'unreachable') return 'its host is unreachable';
	if (phase === 'removed') return 'it is removed';
	switch (command) {
		case 'install.cancel':
			return phase === 'rollingBack' ? 'it is being taken back already' : `there is nothing to cancel while it is ${phase}`;
		case 'install.retry':
			return 'nothing has failed';
		case 'install.connect':
		case 'install.update':
			return phase === 'updating' ? 'it is being updated already' : `it is ${phase}`;
		case 'install.acceptData':
			return 'none of its data is missed';
		case 'install.relocate':
			return context.pinnedHost ? 'a person chose its host' : 'it may have data where it is';
		case 'install.start':
			return phase === 'running' ? 'it runs already' : `it is ${phase}`;
		case 'install.remove':
			return phase === 'removing' ? 'it is being removed already' : `it is ${phase}; cancel it first`;
		default:
			return phase === 'stopped' ? 'it is stopped' : `it is ${phase}`;
	}
}

function clockTime(at: number | null): string {
	return at === null ? 'an unknown time' : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
