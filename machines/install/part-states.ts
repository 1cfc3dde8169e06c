// Before an app is placed, the apps it was planned with are installed, one after the other; each is an install of its own.
import { assign } from 'xstate';
import type { InstallContext } from './context.ts';
import type { PartOf } from './contract.ts';
import { installParts } from './setup.ts';

const gathering = installParts.createStateConfig({
	always: [{ guard: 'hasPartsLeft', target: 'bringing' }, { target: 'queued' }],
});

const bringing = installParts.createStateConfig({
	entry: assign(({ context }) => ({ partsDone: context.partsDone ?? 0 })),
	invoke: {
		id: 'installPart',
		src: 'installPart',
		input: ({ context }) => ({
			part: (context.parts ?? [])[context.partsDone ?? 0] ?? { instance: '', app: '', planned: null, uses: [] },
			partOf: partOf(context),
		}),
		onDone: { target: 'gathering', actions: assign(({ context }) => ({ partsDone: (context.partsDone ?? 0) + 1 })) },
		onError: { target: 'undoing', actions: 'fail' },
	},
	after: { partTimeout: { target: 'undoing', actions: 'failByTimeout' } },
	on: { 'install.cancel': { target: 'undoing', actions: 'failByCancel' } },
});

/** What was made for this try goes again; what somebody needs by now stays. */
const removingParts = installParts.createStateConfig({
	invoke: {
		id: 'removeParts',
		src: 'removeParts',
		input: ({ context }) => ({ parts: context.parts ?? [], partOf: partOf(context) }),
		onDone: { target: 'rolledBack', actions: assign({ partsDone: null }) },
		onError: { target: 'failed', actions: 'fail' },
	},
	after: { removingPartsTimeout: { target: 'failed', actions: 'failByTimeout' } },
});

export const partStates = { gathering, bringing, removingParts };

const partOf = ({ instance, triedAt }: InstallContext): PartOf => ({ instance, since: triedAt ?? 0 });
