// The life of one installed app, from the wish to its removal (DESIGN section 8).
//
// M1. What an effect may have done is on the undo list before the effect is asked for, so a crash in the
//     middle is undone too. Undo steps run last first and are harmless when there is nothing to undo.
// M2. Before the app ever ran, a dead host is given up after a grace; afterwards nothing starts elsewhere
//     by itself: the data is on that host (V7, V9).
import { assign, setup } from 'xstate';
import type { WireError } from '../../runtime/engine/errors.ts';
import { effect } from '../effect.ts';
import type { InstallContext } from './context.ts';
import type { AssignedPort, InstallCommand, InstallFact, InstallInput, UndoStep } from './contract.ts';
import { failureOf } from './failure.ts';

type OnHost = { host: string; instance: string };
type Stamped<E> = E & { at: number; by: string };

export const installMachine = setup({
	types: {
		context: {} as InstallContext,
		input: {} as InstallInput & { id: string },
		events: {} as Stamped<InstallCommand> | Stamped<InstallFact>,
	},
	actors: {
		placeInstall: effect<
			{ instance: string; app: string; pinnedHost: string | null; avoid: string[] },
			{ host: string; reason: string }
		>(),
		preflight: effect<OnHost & { app: string; ports: Record<string, number> }, void>(),
		/** Chooses the ports: the plan's compare-and-set keeps two installs from getting the same one. */
		writePlan: effect<OnHost & { app: string; ports: Record<string, number> }, { ports: AssignedPort[] }>(),
		buildGeneration: effect<OnHost, { generation: number }>(),
		startApp: effect<OnHost, { generation: number }>(),
		stopApp: effect<OnHost, void>(),
		restartApp: effect<OnHost, void>(),
		removeApp: effect<OnHost & { deleteData: boolean }, void>(),
		undoInstall: effect<OnHost & { step: UndoStep }, void>(),
		withdrawPlan: effect<{ instance: string; from: string }, void>(),
		inspectApp: effect<OnHost, { state: 'running' | 'stopped' | 'failed'; reason: string }>(),
	},
	guards: {
		isMyHost: ({ context, event }) => 'host' in event && event.host === context.host,
		isMyLostHost: ({ context, event }) => 'host' in event && event.host === context.host && context.unreachableSince === null,
		isMyReturnedHost: ({ context, event }) => 'host' in event && event.host === context.host && context.unreachableSince !== null,
		hasUndo: ({ context }) => context.undo.length > 0,
		/** Chosen for it, not by a person: another one will do. */
		hasLostItsPort: ({ context, event }) =>
			(event as unknown as { error?: WireError }).error?.code === 'PORT_IN_USE' &&
			Object.keys(context.wishedPorts).length === 0 &&
			context.portsLost < 3,
	},
	delays: {
		placingTimeout: 120_000,
		validatingTimeout: 300_000,
		configuringTimeout: 300_000,
		buildingTimeout: 3_600_000,
		startingTimeout: 1_200_000,
		replacementGrace: 60_000,
	},
	actions: {
		fail: assign(({ event }) => ({ failure: failureOf(event) })),
		failByCancel: assign(({ event }) => ({
			failure: {
				code: 'CANCELLED',
				message: `Cancelled by ${event.by}.`,
				next: 'Nothing to do; `covey retry` begins again.',
			} as WireError,
		})),
		failByTimeout: assign(({ event }) => ({
			failure: {
				code: 'EFFECT_TIMEOUT',
				message: `It took too long (${event.type.replace(/^xstate\.after\./, '')}).`,
				next: 'See `covey show` for what it was doing; then `covey retry`.',
			} as WireError,
		})),
		forgetFailure: assign({ failure: null }),
		noteLoss: assign(({ event }) => ({ unreachableSince: event.at })),
		noteReturn: assign({ unreachableSince: null }),
	},
}).createMachine({
	id: 'install@1',
	context: ({ input }) => ({
		instance: input?.id ?? '',
		app: input?.app ?? '',
		pinnedHost: input?.pinnedHost ?? null,
		wishedPorts: input?.ports ?? {},
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
		deleteData: false,
	}),
	initial: 'queued',
	states: {
		queued: {
			entry: 'noteReturn',
			invoke: {
				id: 'placeInstall',
				src: 'placeInstall',
				input: ({ context: { instance, app, pinnedHost, avoid } }) => ({ instance, app, pinnedHost, avoid }),
				onDone: {
					target: 'validating',
					actions: assign(({ event }) => ({ host: event.output.host, placement: event.output.reason })),
				},
				onError: { target: 'failed', actions: 'fail' },
			},
			after: { placingTimeout: { target: 'failed', actions: 'failByTimeout' } },
			on: { 'install.cancel': { target: 'rolledBack', actions: 'failByCancel' } },
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
					actions: assign(({ event }) => ({ generation: event.output.generation, undo: [], hasRun: true, failure: null })),
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
				'host.lost': { guard: 'isMyHost', target: 'unreachable', actions: 'noteLoss' },
			},
		},
		error: {
			on: {
				'app.recovered': { guard: 'isMyHost', target: 'running', actions: 'forgetFailure' },
				'install.retry': 'restarting',
				'install.restart': 'restarting',
				'install.stop': 'stopping',
				'install.remove': { target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
				'host.lost': { guard: 'isMyHost', target: 'unreachable', actions: 'noteLoss' },
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
				'host.lost': { guard: 'isMyLostHost', actions: 'noteLoss' },
				'host.returned': { guard: 'isMyReturnedHost', actions: 'noteReturn' },
			},
		},
		stopped: {
			on: {
				'install.start': 'resuming',
				'install.remove': { target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
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
				'host.lost': { guard: 'isMyLostHost', actions: 'noteLoss' },
				'host.returned': { guard: 'isMyReturnedHost', actions: 'noteReturn' },
			},
		},
		/** The host died before the app ever ran. */
		waitingForHost: {
			after: { replacementGrace: { guard: ({ context }) => context.pinnedHost === null, target: 'replacing' } },
			on: {
				'host.returned': { guard: 'isMyHost', target: 'validating', actions: 'noteReturn' },
				'install.retry': { target: 'replacing', actions: assign({ pinnedHost: null }) },
				'install.cancel': { target: 'withdrawing', actions: 'failByCancel' },
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
			always: [{ guard: ({ context }) => context.undo.length > 0, target: 'rollingBack' }, { target: 'failed' }],
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
				onDone: { target: 'rolledBack', actions: assign({ undo: [] }) },
				onError: { target: 'failed', actions: 'fail' },
			},
		},
		rolledBack: {
			entry: 'noteReturn',
			on: {
				'install.retry': { target: 'queued', actions: assign({ failure: null, host: null, ports: [], avoid: [] }) },
				'install.remove': 'removed',
			},
		},
		failed: {
			on: {
				'install.retry': [
					{ guard: 'hasUndo', target: 'rollingBack' },
					{ target: 'queued', actions: assign({ failure: null, host: null, ports: [], avoid: [] }) },
				],
				'install.remove': [
					{ guard: 'hasUndo', target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
					{ target: 'removed' },
				],
			},
		},
		unreachable: {
			on: { 'host.returned': { guard: 'isMyHost', target: 'returning', actions: 'noteReturn' } },
		},
		/** The host is back: what does it really run? */
		returning: {
			invoke: {
				id: 'inspectApp',
				src: 'inspectApp',
				input: ({ context }) => onHost(context),
				onDone: [
					{ guard: ({ event }) => event.output.state === 'running', target: 'running', actions: 'forgetFailure' },
					{ guard: ({ event }) => event.output.state === 'stopped', target: 'stopped' },
					{
						target: 'error',
						actions: assign(({ event }) => ({
							failure: {
								code: 'START_FAILED',
								message: event.output.reason,
								next: 'Read `covey logs`; then `covey restart`.',
							} as WireError,
						})),
					},
				],
				onError: { target: 'error', actions: 'fail' },
			},
			on: { 'host.lost': { guard: 'isMyHost', target: 'unreachable', actions: 'noteLoss' } },
		},
		removed: { type: 'final' },
	},
});

const onHost = ({ host, instance }: InstallContext): OnHost => ({ host: host ?? '', instance });

function withUndo(undo: UndoStep[], step: UndoStep): UndoStep[] {
	return undo.includes(step) ? undo : [...undo, step];
}
