// The life of one installed app, from the wish to its removal (DESIGN section 8).
//
// M1. What an effect may have done is on the undo list before the effect is asked for, so a crash in the
//     middle is undone too. Undo steps run last first and are harmless when there is nothing to undo.
// M2. Before the app ever ran, a dead host is given up after a grace; afterwards nothing starts elsewhere
//     by itself: the data is on that host (V7, V9).
import { awayStates } from './away-states.ts';
import { buildingStates } from './building-states.ts';
import { livingStates } from './living-states.ts';
import { partStates } from './part-states.ts';
import { placingStates } from './placing-states.ts';
import { installParts } from './setup.ts';
import { undoingStates } from './undoing-states.ts';
import { updateStates } from './update-states.ts';

export const installMachine = installParts.createMachine({
	id: 'install@1',
	context: ({ input }) => ({
		instance: input?.id ?? '',
		app: input?.app ?? '',
		pinnedHost: input?.pinnedHost ?? null,
		wishedPorts: input?.ports ?? {},
		planned: input?.planned ?? null,
		parts: input?.parts ?? [],
		partsDone: null,
		triedAt: input?.at ?? 0,
		partOf: input?.partOf ?? null,
		uses: input?.uses ?? [],
		fresh: input?.fresh ?? false,
		dedicated: input?.dedicated ?? [],
		announces: input?.announces ?? [],
		host: null,
		placement: null,
		avoid: [],
		ports: [],
		databases: [],
		unusedServers: [],
		generation: null,
		portsLost: 0,
		undo: [],
		failure: null,
		hasRun: false,
		unreachableSince: null,
		forgottenAt: null,
		update: null,
		deleteData: false,
	}),
	initial: 'gathering',
	states: {
		...partStates,
		...placingStates,
		...buildingStates,
		...livingStates,
		...updateStates,
		...undoingStates,
		...awayStates,
	},
});
