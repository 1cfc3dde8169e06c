// From the plan to the first start.
import { assign } from 'xstate';
import { beforeItRan, waitForHost } from './host-news.ts';
import { installParts, onHost, withUndo } from './setup.ts';

const state = installParts.createStateConfig;

export const buildingStates = {
	/** Database servers come first: what the plan says of the app names its place on them. */
	providing: state({
		entry: assign(({ context }) => ({ undo: withUndo(context.undo, 'removeFromPlan') })),
		invoke: {
			id: 'provideDatabases',
			src: 'provideDatabases',
			input: ({ context }) => ({ ...onHost(context), app: context.app, dedicated: context.dedicated ?? [] }),
			onDone: { target: 'configuring', actions: assign(({ event }) => ({ databases: event.output.databases })) },
			onError: { target: 'undoing', actions: 'fail' },
		},
		after: { providingTimeout: { target: 'undoing', actions: 'failByTimeout' } },
		on: beforeItRan,
	}),
	configuring: state({
		entry: assign(({ context }) => ({ undo: withUndo(context.undo, 'removeFromPlan') })),
		invoke: {
			id: 'writePlan',
			src: 'writePlan',
			input: ({ context }) => ({
				...onHost(context),
				app: context.app,
				ports: context.wishedPorts,
				uses: context.uses ?? [],
			}),
			onDone: { target: 'building', actions: assign(({ event }) => ({ ports: event.output.ports })) },
			onError: { target: 'undoing', actions: 'fail' },
		},
		after: { configuringTimeout: { target: 'undoing', actions: 'failByTimeout' } },
		on: beforeItRan,
	}),
	building: state({
		invoke: {
			id: 'buildGeneration',
			src: 'buildGeneration',
			input: ({ context }) => onHost(context),
			onDone: { target: 'starting', actions: assign(({ event }) => ({ generation: event.output.generation })) },
			onError: { target: 'undoing', actions: 'fail' },
		},
		after: { buildingTimeout: { target: 'undoing', actions: 'failByTimeout' } },
		on: beforeItRan,
	}),
	starting: state({
		entry: assign(({ context }) => ({ undo: withUndo(context.undo, 'stopUnit') })),
		invoke: {
			id: 'startApp',
			src: 'startApp',
			input: ({ context }) => ({ ...onHost(context), announces: context.announces ?? [] }),
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
			'host.forgotten': {
				guard: 'isMyForgottenHost',
				target: 'error',
				actions: ['noteForgotten', assign({ hasRun: true, undo: [] })],
			},
			...waitForHost,
		},
	}),
};
