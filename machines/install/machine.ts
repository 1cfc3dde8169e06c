// The life of one installed app, from the wish to its removal (DESIGN section 8).
//
// M1. What an effect may have done is on the undo list before the effect is asked for, so a crash in the
//     middle is undone too. Undo steps run last first and are harmless when there is nothing to undo.
// M2. Before the app ever ran, a dead host is given up after a grace; afterwards nothing starts elsewhere
//     by itself: the data is on that host (V7, V9).
import { installParts } from './setup.ts';
import { buildingStates } from './states/building.ts';
import { livingStates } from './states/living.ts';
import { losingStates } from './states/losing.ts';
import { placingStates } from './states/placing.ts';
import { undoingStates } from './states/undoing.ts';

export const installMachine = installParts.createMachine({
	id: 'install@1',
	context: ({ input }) => ({
		instance: input?.id ?? '',
		app: input?.app ?? '',
		pinnedHost: input?.pinnedHost ?? null,
		wishedPorts: input?.ports ?? {},
		planned: input?.planned ?? null,
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
		forgottenAt: null,
		deleteData: false,
	}),
	initial: 'queued',
	states: { ...placingStates, ...buildingStates, ...livingStates, ...undoingStates, ...losingStates },
});
