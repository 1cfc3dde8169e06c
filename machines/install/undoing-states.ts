// Taking back what was done, last first.
import { assign } from 'xstate';
import { installParts, onHost } from './setup.ts';

const state = installParts.createStateConfig;

export const undoingStates = {
	undoing: state({
		always: [
			{ guard: 'hasUndo', target: 'rollingBack' },
			{ guard: 'hasMadeParts', target: 'removingParts' },
			{ target: 'failed' },
		],
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
				{ guard: 'hasMadeParts', target: 'removingParts', actions: assign({ undo: [] }) },
				{ target: 'rolledBack', actions: assign({ undo: [] }) },
			],
			onError: { target: 'failed', actions: 'fail' },
		},
		on: {
			'host.lost': [
				// It may run there, and have data by now: taken back when the host returns, and started nowhere else before (V7, V9).
				{ guard: 'mayRunOnLostHost', actions: 'noteLoss' },
				{ guard: 'neverRanOnMyHost', target: 'withdrawing', actions: 'noteLoss' },
			],
			'host.returned': { guard: 'isMyReturnedHost', actions: 'noteReturn' },
			'host.forgotten': { guard: 'isMyForgottenHost', target: 'withdrawing' },
		},
	}),
	/** As rollingBack, where the host is dead: its plan is the truth it obeys when it returns. */
	withdrawing: state({
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
	}),
	rolledBack: state({
		entry: 'noteReturn',
		on: {
			'install.retry': { target: 'gathering', actions: 'beginAgain' },
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
			onDone: { target: 'gathering', actions: 'beginAgain' },
			onError: { target: 'rolledBack', actions: 'fail' },
		},
		on: { 'host.lost': { guard: 'isMyHost', target: 'rolledBack' } },
	}),
	failed: state({
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
	}),
};
