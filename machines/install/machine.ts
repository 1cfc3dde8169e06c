// The life of one installed app, from the wish to its removal (DESIGN section 8).
//
// M1. What an effect may have done is on the undo list before the effect is asked for, so a crash in the
//     middle is undone too. Undo steps run last first and are harmless when there is nothing to undo.
// M2. Before the app ever ran, a dead host is given up after a grace; afterwards nothing starts elsewhere
//     by itself: the data is on that host (V7, V9).
import { assign } from 'xstate';
import { awayStates } from './away-states.ts';
import type { UndoStep } from './contract.ts';
import { partStates } from './part-states.ts';
import { installParts, onHost } from './setup.ts';

export const installMachine = installParts.createMachine({
	id: 'install@1',
	context: ({ input }) => ({
		instance: input?.id ?? '',
		app: input?.app ?? '',
		pinnedHost: input?.pinnedHost ?? null,
		wishedPorts: input?.ports ?? {},
		planned: input?.planned ?? null,
		parts: input?.parts ?? [],
		partsDone: null,
		triedAt: input?.at ?? 0,
		partOf: input?.partOf ?? null,
		host: null,
		placement: null,
		avoid: [],
		ports: [],
		generation: null,
		portsLost: 0,
		undo: [],
		failure: null,
		hasRun: false,
		unreachableSince: null,
		forgottenAt: null,
		deleteData: false,
	}),
	initial: 'gathering',
	states: {
		...partStates,
		queued: {
			entry: 'noteReturn',
			invoke: {
				id: 'placeInstall',
				src: 'placeInstall',
				input: ({ context: { instance, app, pinnedHost, avoid, wishedPorts, planned } }) => ({
					instance,
					app,
					pinnedHost,
					avoid,
					ports: wishedPorts,
					planned: planned ?? null,
				}),
				onDone: {
					target: 'validating',
					actions: assign(({ event }) => ({ host: event.output.host, placement: event.output.reason })),
				},
				onError: { target: 'undoing', actions: 'fail' },
			},
			after: { placingTimeout: { target: 'undoing', actions: 'failByTimeout' } },
			on: {
				'install.cancel': [
					{ guard: 'hasMadeParts', target: 'removingParts', actions: 'failByCancel' },
					{ target: 'rolledBack', actions: 'failByCancel' },
				],
			},
		},
		validating: {
			invoke: {
				id: 'preflight',
				src: 'preflight',
				input: ({ context }) => ({ ...onHost(context), app: context.app, ports: context.wishedPorts }),
				onDone: 'configuring',
				onError: { target: 'undoing', actions: 'fail' },
			},
			after: { validatingTimeout: { target: 'undoing', actions: 'failByTimeout' } },
			on: {
				'install.cancel': { target: 'undoing', actions: 'failByCancel' },
				'install.relocate': { guard: 'isUnpinned', target: 'relocating' },
				'host.lost': { guard: 'isMyHost', target: 'waitingForHost', actions: 'noteLoss' },
			},
		},
		configuring: {
			entry: assign(({ context }) => ({ undo: withUndo(context.undo, 'removeFromPlan') })),
			invoke: {
				id: 'writePlan',
				src: 'writePlan',
				input: ({ context }) => ({ ...onHost(context), app: context.app, ports: context.wishedPorts }),
				onDone: { target: 'building', actions: assign(({ event }) => ({ ports: event.output.ports })) },
				onError: { target: 'undoing', actions: 'fail' },
			},
			after: { configuringTimeout: { target: 'undoing', actions: 'failByTimeout' } },
			on: {
				'install.cancel': { target: 'undoing', actions: 'failByCancel' },
				'install.relocate': { guard: 'isUnpinned', target: 'relocating' },
				'host.lost': { guard: 'isMyHost', target: 'waitingForHost', actions: 'noteLoss' },
			},
		},
		building: {
			invoke: {
				id: 'buildGeneration',
				src: 'buildGeneration',
				input: ({ context }) => onHost(context),
				onDone: { target: 'starting', actions: assign(({ event }) => ({ generation: event.output.generation })) },
				onError: { target: 'undoing', actions: 'fail' },
			},
			after: { buildingTimeout: { target: 'undoing', actions: 'failByTimeout' } },
			on: {
				'install.cancel': { target: 'undoing', actions: 'failByCancel' },
				'install.relocate': { guard: 'isUnpinned', target: 'relocating' },
				'host.lost': { guard: 'isMyHost', target: 'waitingForHost', actions: 'noteLoss' },
			},
		},
		starting: {
			entry: assign(({ context }) => ({ undo: withUndo(context.undo, 'stopUnit') })),
			invoke: {
				id: 'startApp',
				src: 'startApp',
				input: ({ context }) => onHost(context),
				onDone: {
					target: 'running',
					actions: assign(({ event }) => ({
						generation: event.output.generation,
						undo: [],
						partsDone: null,
						hasRun: true,
						failure: null,
					})),
				},
				onError: [
					{
						guard: 'hasLostItsPort',
						target: 'configuring',
						actions: assign(({ context }) => ({ portsLost: context.portsLost + 1 })),
					},
					{ target: 'undoing', actions: 'fail' },
				],
			},
			after: { startingTimeout: { target: 'undoing', actions: 'failByTimeout' } },
			on: {
				'install.cancel': { target: 'undoing', actions: 'failByCancel' },
				// It may have served and written data by now, so it is not placed elsewhere (V9).
				'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
				'host.lost': { guard: 'isMyLostHost', actions: 'noteLoss' },
				'host.returned': { guard: 'isMyReturnedHost', actions: 'noteReturn' },
			},
		},
		running: {
			on: {
				'install.stop': 'stopping',
				'install.restart': 'restarting',
				'install.remove': { target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
				'app.unhealthy': { guard: 'isMyHost', target: 'error', actions: 'fail' },
				'app.failed': { guard: 'isMyHost', target: 'error', actions: 'fail' },
				'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
				'host.lost': { guard: 'isMyHost', target: 'unreachable', actions: 'noteLoss' },
			},
		},
		error: {
			on: {
				'app.recovered': { guard: 'isMyHost', target: 'running', actions: 'forgetFailure' },
				'install.retry': [{ guard: 'isForgotten', target: 'seeking' }, { target: 'restarting' }],
				'install.restart': { guard: 'isHostKnown', target: 'restarting' },
				'install.stop': { guard: 'isHostKnown', target: 'stopping' },
				'install.remove': [
					{ guard: 'isForgotten', target: 'discarding' },
					{ target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
				],
				'host.lost': { guard: 'isLost', target: 'unreachable', actions: 'noteLoss' },
				'host.forgotten': { guard: 'isMyForgottenHost', actions: 'noteForgotten' },
			},
		},
		stopping: {
			invoke: {
				id: 'stopApp',
				src: 'stopApp',
				input: ({ context }) => onHost(context),
				onDone: { target: 'stopped', actions: 'forgetFailure' },
				onError: { target: 'error', actions: 'fail' },
			},
			on: {
				'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
				'host.lost': { guard: 'isMyLostHost', actions: 'noteLoss' },
				'host.returned': { guard: 'isMyReturnedHost', actions: 'noteReturn' },
			},
		},
		stopped: {
			on: {
				'install.start': 'resuming',
				'install.remove': { target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
				'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
				'host.lost': { guard: 'isMyHost', target: 'unreachable', actions: 'noteLoss' },
			},
		},
		resuming: {
			invoke: {
				id: 'startApp',
				src: 'startApp',
				input: ({ context }) => onHost(context),
				onDone: {
					target: 'running',
					actions: [assign(({ event }) => ({ generation: event.output.generation })), 'forgetFailure'],
				},
				onError: { target: 'error', actions: 'fail' },
			},
			on: {
				'install.stop': 'stopping',
				'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
				'host.lost': { guard: 'isMyLostHost', actions: 'noteLoss' },
				'host.returned': { guard: 'isMyReturnedHost', actions: 'noteReturn' },
			},
		},
		restarting: {
			invoke: {
				id: 'restartApp',
				src: 'restartApp',
				input: ({ context }) => onHost(context),
				onDone: { target: 'running', actions: 'forgetFailure' },
				onError: { target: 'error', actions: 'fail' },
			},
			on: {
				'install.stop': 'stopping',
				'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
				'host.lost': { guard: 'isMyLostHost', actions: 'noteLoss' },
				'host.returned': { guard: 'isMyReturnedHost', actions: 'noteReturn' },
			},
		},
		removing: {
			invoke: {
				id: 'removeApp',
				src: 'removeApp',
				input: ({ context }) => ({ ...onHost(context), deleteData: context.deleteData }),
				onDone: 'removed',
				onError: { target: 'error', actions: 'fail' },
			},
			on: {
				'host.forgotten': { guard: 'isMyForgottenHost', target: 'discarding' },
				'host.lost': { guard: 'isMyLostHost', actions: 'noteLoss' },
				'host.returned': { guard: 'isMyReturnedHost', actions: 'noteReturn' },
			},
		},
		/** The host died before the app ever ran. */
		waitingForHost: {
			after: { replacementGrace: { guard: ({ context }) => context.pinnedHost === null, target: 'replacing' } },
			on: {
				'host.returned': { guard: 'isMyHost', target: 'validating', actions: 'noteReturn' },
				'host.forgotten': { guard: 'isMyForgottenHost', target: 'replacing' },
				'install.retry': { target: 'replacing', actions: assign({ pinnedHost: null }) },
				'install.relocate': { guard: 'isUnpinned', target: 'replacing' },
				'install.cancel': { target: 'withdrawing', actions: 'failByCancel' },
			},
		},
		/** Its host is being emptied, and it has no data yet. */
		relocating: {
			invoke: {
				id: 'undoInstall',
				src: 'undoInstall',
				input: ({ context }) => ({ ...onHost(context), step: 'removeFromPlan' }),
				onDone: { target: 'queued', actions: assign({ host: null, ports: [], undo: [] }) },
				onError: { target: 'undoing', actions: 'fail' },
			},
			on: {
				'install.cancel': { target: 'undoing', actions: 'failByCancel' },
				'host.lost': { guard: 'isMyHost', target: 'replacing', actions: 'noteLoss' },
			},
		},
		/** Takes the app out of the dead host's plan first: when that host returns it finds nothing to start (V7). */
		replacing: {
			invoke: {
				id: 'withdrawPlan',
				src: 'withdrawPlan',
				input: ({ context }) => ({ instance: context.instance, from: context.host ?? '' }),
				onDone: {
					target: 'queued',
					actions: assign(({ context }) => ({
						avoid: context.host ? [...context.avoid, context.host] : context.avoid,
						host: null,
						ports: [],
						undo: [],
					})),
				},
				onError: { target: 'waitingForHost', actions: 'fail' },
			},
		},
		undoing: {
			always: [
				{ guard: 'hasUndo', target: 'rollingBack' },
				{ guard: 'hasMadeParts', target: 'removingParts' },
				{ target: 'failed' },
			],
		},
		rollingBack: {
			invoke: {
				id: 'undoInstall',
				src: 'undoInstall',
				input: ({ context }) => ({ ...onHost(context), step: context.undo.at(-1) ?? 'removeFromPlan' }),
				onDone: [
					{
						guard: ({ context }) => context.undo.length > 1,
						target: 'rollingBack',
						reenter: true,
						actions: assign(({ context }) => ({ undo: context.undo.slice(0, -1) })),
					},
					{ guard: 'hasMadeParts', target: 'removingParts', actions: assign({ undo: [] }) },
					{ target: 'rolledBack', actions: assign({ undo: [] }) },
				],
				onError: { target: 'failed', actions: 'fail' },
			},
			on: { 'host.lost': { guard: 'isMyHost', target: 'withdrawing', actions: 'noteLoss' } },
		},
		/** As rollingBack, where the host is dead: its plan is the truth it obeys when it returns. */
		withdrawing: {
			invoke: {
				id: 'withdrawPlan',
				src: 'withdrawPlan',
				input: ({ context }) => ({ instance: context.instance, from: context.host ?? '' }),
				onDone: [
					{ guard: 'hasMadeParts', target: 'removingParts', actions: assign({ undo: [] }) },
					{ target: 'rolledBack', actions: assign({ undo: [] }) },
				],
				onError: { target: 'failed', actions: 'fail' },
			},
		},
		rolledBack: {
			entry: 'noteReturn',
			on: {
				'install.retry': { target: 'gathering', actions: 'beginAgain' },
				'install.remove': 'removed',
			},
		},
		failed: {
			on: {
				'install.retry': [
					{ guard: 'hasUndo', target: 'rollingBack' },
					{ guard: 'hasMadeParts', target: 'removingParts' },
					{ target: 'gathering', actions: 'beginAgain' },
				],
				'install.remove': [
					{ guard: 'hasUndo', target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
					{ target: 'removed' },
				],
			},
		},
		...awayStates,
		removed: { type: 'final' },
	},
});

function withUndo(undo: UndoStep[], step: UndoStep): UndoStep[] {
	return undo.includes(step) ? undo : [...undo, step];
}
