// What a person does with an app that has run.
import { assign } from 'xstate';
import { waitForHost, whileItWorks } from './host-news.ts';
import { installParts, onHost } from './setup.ts';

const state = installParts.createStateConfig;

export const livingStates = {
	running: state({
		on: {
			'install.stop': 'stopping',
			'install.restart': 'restarting',
			'install.update': { target: 'saving', actions: 'beginUpdate' },
			'install.connect': { target: 'changing', actions: 'beginConnect' },
			'install.remove': { target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
			'app.unhealthy': { guard: 'isMyHost', target: 'error', actions: 'fail' },
			'app.failed': { guard: 'isMyHost', target: 'error', actions: 'fail' },
			'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
			'host.lost': { guard: 'isMyHost', target: 'unreachable', actions: 'noteLoss' },
		},
	}),
	error: state({
		on: {
			'app.recovered': { guard: 'isMyHostAtPeace', target: 'running', actions: 'forgetFailure' },
			'install.retry': [
				{ guard: 'isForgotten', target: 'seeking' },
				{ guard: 'isUpdating', target: 'takingBack' },
				{ target: 'restarting' },
			],
			'install.restart': { guard: 'isHostKnown', target: 'restarting' },
			'install.update': { guard: 'mayUpdate', target: 'saving', actions: 'beginUpdate' },
			'install.stop': { guard: 'isHostKnown', target: 'stopping' },
			'install.acceptData': { guard: 'isRefusedAsEmpty', target: 'accepting' },
			'app.unhealthy': { guard: 'isNewsOfMyHost', actions: 'fail' },
			'app.failed': { guard: 'isNewsOfMyHost', actions: 'fail' },
			'install.remove': [
				{ guard: 'isForgotten', target: 'discarding' },
				{ target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
			],
			'host.lost': { guard: 'isLost', target: 'unreachable', actions: 'noteLoss' },
			'host.forgotten': { guard: 'isMyForgottenHost', actions: 'noteForgotten' },
		},
	}),
	stopping: state({
		invoke: {
			id: 'stopApp',
			src: 'stopApp',
			input: ({ context }) => onHost(context),
			onDone: { target: 'stopped', actions: 'forgetFailure' },
			onError: { target: 'error', actions: 'fail' },
		},
		on: whileItWorks,
	}),
	stopped: state({
		on: {
			'install.start': 'resuming',
			'install.remove': { target: 'removing', actions: assign(({ event }) => ({ deleteData: event.deleteData })) },
			'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
			'host.lost': { guard: 'isMyHost', target: 'unreachable', actions: 'noteLoss' },
		},
	}),
	resuming: state({
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
			...whileItWorks,
		},
	}),
	/** A person said: go on with the data that is there. */
	accepting: state({
		invoke: {
			id: 'acceptData',
			src: 'acceptData',
			input: ({ context }) => onHost(context),
			onDone: { target: 'resuming', actions: 'forgetFailure' },
			onError: { target: 'error', actions: 'fail' },
		},
		on: whileItWorks,
	}),
	restarting: state({
		invoke: {
			id: 'restartApp',
			src: 'restartApp',
			input: ({ context }) => onHost(context),
			onDone: { target: 'running', actions: 'forgetFailure' },
			onError: { target: 'error', actions: 'fail' },
		},
		on: {
			'install.stop': 'stopping',
			...whileItWorks,
		},
	}),
	removing: state({
		invoke: {
			id: 'removeApp',
			src: 'removeApp',
			input: ({ context }) => ({ ...onHost(context), deleteData: context.deleteData }),
			onDone: { target: 'removed', actions: assign(({ event }) => ({ unusedServers: event.output?.unused ?? [] })) },
			onError: [
				{ guard: 'isStillNeeded', target: 'running', actions: 'fail' },
				{ guard: 'hasRun', target: 'error', actions: 'fail' },
				{ target: 'failed', actions: 'fail' },
			],
		},
		on: {
			'host.forgotten': { guard: 'isMyForgottenHost', target: 'discarding' },
			...waitForHost,
		},
	}),
	removed: state({ type: 'final' }),
};
