// Its host is away, came back, or is no member any more.
import { assign } from 'xstate';
import type { WireError } from '../../runtime/engine/errors.ts';
import { installParts, onHost } from './setup.ts';

const unreachable = installParts.createStateConfig({
	on: {
		'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
		'host.returned': { guard: 'isMyHost', target: 'returning', actions: 'noteReturn' },
	},
});

/** The host is back: what does it really run? */
const returning = installParts.createStateConfig({
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
	on: {
		'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
		'host.lost': { guard: 'isMyHost', target: 'unreachable', actions: 'noteLoss' },
	},
});

/** A person says that the forgotten host is back: is it? */
const seeking = installParts.createStateConfig({
	invoke: {
		id: 'inspectApp',
		src: 'inspectApp',
		input: ({ context }) => onHost(context),
		onDone: { target: 'returning', actions: 'noteReturn' },
		onError: { target: 'error' },
	},
	after: { seekingTimeout: 'error' },
});

/** Its host was forgotten: the plan is put in order, the data stays on that disk. */
const discarding = installParts.createStateConfig({
	invoke: {
		id: 'withdrawPlan',
		src: 'withdrawPlan',
		input: ({ context }) => ({ instance: context.instance, from: context.host ?? '' }),
		onDone: 'removed',
		onError: 'error',
	},
});

export const awayStates = { unreachable, returning, seeking, discarding };
