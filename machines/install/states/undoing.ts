// Taking back what was done, last first.
import { assign } from 'xstate';
import { installParts, onHost } from '../setup.ts';

const state = installParts.createStateConfig;

export const undoingStates = {
	undoing: state({
		always: [{ guard: ({ context }) => context.undo.length > 0, target: 'rollingBack' }, { target: 'failed' }],
	}),
	rollingBack: state({
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
	}),
	/** As rollingBack, where the host is dead: its plan is the truth it obeys when it returns. */
	withdrawing: state({
		invoke: {
			id: 'withdrawPlan',
			src: 'withdrawPlan',
			input: ({ context }) => ({ instance: context.instance, from: context.host ?? '' }),
			onDone: { target: 'rolledBack', actions: assign({ undo: [] }) },
			onError: { target: 'failed', actions: 'fail' },
		},
	}),
	rolledBack: state({
		entry: 'noteReturn',
		on: {
			'install.retry': { target: 'queued', actions: assign({ failure: null, host: null, ports: [], avoid: [] }) },
			'install.remove': 'removed',
			'install.acceptData': { guard: 'isRefusedAsEmpty', target: 'acceptingFirst' },
		},
	}),
	/** A person said: begin with the data that is there. */
	acceptingFirst: state({
		invoke: {
			id: 'acceptData',
			src: 'acceptData',
			input: ({ context }) => onHost(context),
			onDone: { target: 'queued', actions: assign({ failure: null, host: null, ports: [], avoid: [] }) },
			onError: { target: 'rolledBack', actions: 'fail' },
		},
		on: { 'host.lost': { guard: 'isMyHost', target: 'rolledBack' } },
	}),
	failed: state({
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
	}),
};
