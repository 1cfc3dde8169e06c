// An update: the data is copied first, the new version must become healthy, and if it does not, plan and data return together.
import { assign } from 'xstate';
import type { InstallContext } from './context.ts';
import { whileItWorks } from './host-news.ts';
import { installParts, onHost } from './setup.ts';

const state = installParts.createStateConfig;

const CANCEL = { 'install.cancel': { target: 'takingBack', actions: 'failByCancel' } } as const;

const wanted = (context: InstallContext) => ({
	...onHost(context),
	app: context.app,
	version: context.update?.version ?? null,
});

export const updateStates = {
	saving: state({
		invoke: {
			id: 'saveForUpdate',
			src: 'saveForUpdate',
			input: ({ context }) => ({ ...wanted(context), id: context.update?.id ?? '' }),
			onDone: 'changing',
			// Nothing was changed: it goes on as it was.
			onError: { target: 'reviving', actions: 'fail' },
		},
		on: { ...whileItWorks, ...CANCEL },
	}),
	changing: state({
		invoke: {
			id: 'changeVersion',
			src: 'changeVersion',
			input: ({ context }) => ({
				...wanted(context),
				keep: context.update?.uses !== undefined,
				uses: context.update?.uses ?? context.uses ?? [],
			}),
			onDone: 'rebuilding',
			onError: { target: 'takingBack', actions: 'fail' },
		},
		on: { ...whileItWorks, ...CANCEL },
	}),
	rebuilding: state({
		invoke: {
			id: 'buildGeneration',
			src: 'buildGeneration',
			input: ({ context }) => onHost(context),
			onDone: 'trying',
			onError: { target: 'takingBack', actions: 'fail' },
		},
		on: { ...whileItWorks, ...CANCEL },
	}),
	/** The gate: what does not become healthy is taken back. */
	trying: state({
		invoke: {
			id: 'startApp',
			src: 'startApp',
			input: ({ context }) => onHost(context),
			onDone: {
				target: 'running',
				actions: assign(({ context, event }) => ({
					generation: event.output.generation,
					uses: context.update?.uses ?? context.uses ?? [],
					update: null,
					failure: null,
				})),
			},
			onError: { target: 'takingBack', actions: 'fail' },
		},
		on: { ...whileItWorks, ...CANCEL },
	}),
	takingBack: state({
		invoke: {
			id: 'takeBackUpdate',
			src: 'takeBackUpdate',
			input: ({ context }) => ({
				...onHost(context),
				id: context.update?.id ?? '',
				app: context.app,
				connected: context.update?.uses === undefined ? null : (context.uses ?? []),
			}),
			// From here on the data lives again: it is never taken back a second time.
			onDone: { target: 'reviving', actions: assign({ update: null }) },
			onError: { target: 'error', actions: 'fail' },
		},
		on: whileItWorks,
	}),
	/** As it was before; why it is not newer stays told. */
	reviving: state({
		invoke: {
			id: 'startApp',
			src: 'startApp',
			input: ({ context }) => onHost(context),
			onDone: { target: 'running', actions: assign(({ event }) => ({ generation: event.output.generation, update: null })) },
			onError: { target: 'error', actions: 'fail' },
		},
		on: whileItWorks,
	}),
};
