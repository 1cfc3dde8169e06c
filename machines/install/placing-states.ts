// The states before an app is in a plan, and those in which another host is chosen for it.
import { assign } from 'xstate';
import { beforeItRan } from './host-news.ts';
import { installParts, onHost } from './setup.ts';

const state = installParts.createStateConfig;

export const placingStates = {
	queued: state({
		entry: 'noteReturn',
		invoke: {
			id: 'placeInstall',
			src: 'placeInstall',
			input: ({ context: { instance, app, pinnedHost, avoid, wishedPorts, planned, fresh } }) => ({
				instance,
				app,
				pinnedHost,
				avoid,
				ports: wishedPorts,
				planned: planned ?? null,
				fresh: fresh ?? false,
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
	}),
	validating: state({
		invoke: {
			id: 'preflight',
			src: 'preflight',
			input: ({ context }) => ({ ...onHost(context), app: context.app, ports: context.wishedPorts }),
			onDone: [{ guard: ({ event }) => (event.output?.databases ?? 0) > 0, target: 'providing' }, { target: 'configuring' }],
			onError: { target: 'undoing', actions: 'fail' },
		},
		after: { validatingTimeout: { target: 'undoing', actions: 'failByTimeout' } },
		on: beforeItRan,
	}),
	/** The host died before the app ever ran. */
	waitingForHost: state({
		after: { replacementGrace: { guard: ({ context }) => context.pinnedHost === null, target: 'replacing' } },
		on: {
			'host.returned': { guard: 'isMyHost', target: 'validating', actions: 'noteReturn' },
			'host.forgotten': { guard: 'isMyForgottenHost', target: 'replacing' },
			'install.retry': { target: 'replacing', actions: assign({ pinnedHost: null }) },
			'install.relocate': { guard: 'isUnpinned', target: 'replacing' },
			'install.cancel': { target: 'withdrawing', actions: 'failByCancel' },
		},
	}),
	/** Its host is being emptied, and it has no data yet. */
	relocating: state({
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
	}),
	/** Takes the app out of the dead host's plan first: when that host returns it finds nothing to start (V7). */
	replacing: state({
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
	}),
};
