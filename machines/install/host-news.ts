// What news of the app's host mean to states that share them.

/** An effect runs on the host: it goes on when the host is back. */
export const waitForHost = {
	'host.lost': { guard: 'isMyLostHost', actions: 'noteLoss' },
	'host.returned': { guard: 'isMyReturnedHost', actions: 'noteReturn' },
} as const;

/** The app has run on the host, and an effect runs there. */
export const whileItWorks = {
	'host.forgotten': { guard: 'isMyForgottenHost', target: 'error', actions: 'noteForgotten' },
	...waitForHost,
} as const;

/** The app is in no state to have data: it may go elsewhere. */
export const beforeItRan = {
	'install.cancel': { target: 'undoing', actions: 'failByCancel' },
	'install.relocate': { guard: 'isUnpinned', target: 'relocating' },
	'host.lost': { guard: 'isMyHost', target: 'waitingForHost', actions: 'noteLoss' },
} as const;
