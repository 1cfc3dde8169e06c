// What the install machine is made of: its effects, guards, deadlines and small changes of context. Its states are in machine.ts.
import { assign, setup } from 'xstate';
import type { WireError } from '../../runtime/engine/errors.ts';
import { effect } from '../effect.ts';
import type { InstallContext } from './context.ts';
import type {
	Announce,
	AssignedPort,
	InstallCommand,
	InstallFact,
	InstallInput,
	Part,
	PartOf,
	PlaceInput,
	UndoStep,
	Use,
	UsedDatabase,
} from './contract.ts';
import { failureOf, forgottenFailure } from './failure.ts';

export type OnHost = { host: string; instance: string };
type Stamped<E> = E & { at: number; by: string };

export const installParts = setup({
	types: {
		context: {} as InstallContext,
		input: {} as Stamped<InstallInput & { id: string }>,
		events: {} as Stamped<InstallCommand> | Stamped<InstallFact>,
	},
	actors: {
		/** Runs on the owner until the part runs. */
		installPart: effect<{ part: Part; partOf: PartOf }, void>(),
		/** Takes back, last first, those that were made for this try. */
		removeParts: effect<{ parts: Part[]; partOf: PartOf }, void>(),
		/** Keeps room for it in the plan of the host it chooses. */
		placeInstall: effect<PlaceInput, { host: string; reason: string }>(),
		preflight: effect<OnHost & { app: string; ports: Record<string, number> }, { databases: number } | null>(),
		/** Begins the servers that nobody needed before. */
		provideDatabases: effect<OnHost & { app: string; dedicated: UsedDatabase['type'][] }, { databases: UsedDatabase[] }>(),
		/** Chooses the ports: the plan's compare-and-set keeps two installs from getting the same one. */
		writePlan: effect<OnHost & { app: string; ports: Record<string, number>; uses: Use[] }, { ports: AssignedPort[] }>(),
		buildGeneration: effect<OnHost, { generation: number }>(),
		startApp: effect<OnHost & { announces?: Announce[] }, { generation: number }>(),
		stopApp: effect<OnHost, void>(),
		restartApp: effect<OnHost, void>(),
		removeApp: effect<OnHost & { deleteData: boolean }, { unused: string[] } | null>(),
		undoInstall: effect<OnHost & { step: UndoStep }, void>(),
		withdrawPlan: effect<{ instance: string; from: string }, void>(),
		/** Copies the data before anything is changed. */
		saveForUpdate: effect<OnHost & { app: string; version: string | null; id: string }, { from: string }>(),
		/** `keep`: the version stays, whatever the catalog has. */
		changeVersion: effect<OnHost & { app: string; version: string | null; keep: boolean; uses: Use[] }, { to: string }>(),
		/** `connected`: as it was, where nothing but that was changed. */
		takeBackUpdate: effect<OnHost & { id: string; app: string; connected: Use[] | null }, void>(),
		acceptData: effect<OnHost, void>(),
		inspectApp: effect<OnHost, { state: 'running' | 'stopped' | 'failed'; reason: string }>(),
	},
	guards: {
		hasPartsLeft: ({ context }) => (context.partsDone ?? 0) < (context.parts ?? []).length,
		hasMadeParts: ({ context }) => (context.partsDone ?? null) !== null,
		isMyHost: ({ context, event }) => 'host' in event && event.host === context.host,
		isMyLostHost: ({ context, event }) => 'host' in event && event.host === context.host && context.unreachableSince === null,
		mayRunOnLostHost: ({ context, event }) =>
			'host' in event && event.host === context.host && context.unreachableSince === null && mayRun(context),
		neverRanOnMyHost: ({ context, event }) => 'host' in event && event.host === context.host && !mayRun(context),
		isMyReturnedHost: ({ context, event }) => 'host' in event && event.host === context.host && context.unreachableSince !== null,
		hasRun: ({ context }) => context.hasRun,
		hasUndo: ({ context }) => context.undo.length > 0,
		isMyForgottenHost: ({ context, event }) =>
			event.type === 'host.forgotten' && event.host === context.host && !isForgotten(context),
		isForgotten: ({ context }) => isForgotten(context),
		isHostKnown: ({ context }) => !isForgotten(context),
		isLost: ({ context, event }) => 'host' in event && event.host === context.host && !isForgotten(context),
		isRefusedAsEmpty: ({ context }) => context.failure?.code === 'NEVER_EMPTY',
		/** The same trouble, known better by now. */
		isNewsOfMyHost: ({ context, event }) =>
			'host' in event && event.host === context.host && 'code' in event && event.code !== context.failure?.code,
		isStillNeeded: ({ context, event }) =>
			context.hasRun && (event as unknown as { error?: WireError }).error?.code === 'REMOVAL_BLOCKED',
		/** One at a time, and only where its data is. */
		mayUpdate: ({ context }) => !isForgotten(context) && (context.update ?? null) === null,
		/** What is half taken back is not well, whatever its unit says. */
		isMyHostAtPeace: ({ context, event }) => 'host' in event && event.host === context.host && (context.update ?? null) === null,
		isUpdating: ({ context }) => (context.update ?? null) !== null,
		isUnpinned: ({ context }) => context.pinnedHost === null,
		/** Chosen for it, not by a person: another one will do. */
		hasLostItsPort: ({ context, event }) =>
			(event as unknown as { error?: WireError }).error?.code === 'PORT_IN_USE' &&
			Object.keys(context.wishedPorts).length === 0 &&
			context.portsLost < 3,
	},
	delays: {
		/** Longer than an install takes with all its own limits. */
		partTimeout: 7_200_000,
		removingPartsTimeout: 1_200_000,
		placingTimeout: 120_000,
		validatingTimeout: 300_000,
		/** Longer than the install of a server takes. */
		providingTimeout: 3_600_000,
		configuringTimeout: 300_000,
		buildingTimeout: 3_600_000,
		startingTimeout: 1_200_000,
		replacementGrace: 60_000,
		seekingTimeout: 30_000,
	},
	actions: {
		fail: assign(({ event }) => ({ failure: failureOf(event) })),
		failByCancel: assign(({ event }) => ({
			failure: {
				code: 'CANCELLED',
				message: `Cancelled by ${event.by}.`,
				next: 'Nothing to do; `covey retry` begins again.',
			} as WireError,
		})),
		failByTimeout: assign(({ event }) => ({
			failure: {
				code: 'EFFECT_TIMEOUT',
				message: `It took too long (${event.type.replace(/^xstate\.after\./, '')}).`,
				next: 'See `covey show` for what it was doing; then `covey retry`.',
			} as WireError,
		})),
		/** Ids rise with time. */
		beginUpdate: assign(({ event }) =>
			event.type === 'install.update' ? { update: { id: `u${event.at}`, version: event.version }, failure: null } : {},
		),
		beginConnect: assign(({ event }) =>
			event.type === 'install.connect' ? { update: { id: `c${event.at}`, version: null, uses: event.uses }, failure: null } : {},
		),
		forgetFailure: assign({ failure: null }),
		beginAgain: assign(({ event }) => ({
			failure: null,
			host: null,
			ports: [],
			avoid: [],
			partsDone: null,
			triedAt: event.at,
		})),
		noteLoss: assign(({ event }) => ({ unreachableSince: event.at })),
		noteReturn: assign({ unreachableSince: null, forgottenAt: null }),
		noteForgotten: assign(({ event, context }) =>
			event.type === 'host.forgotten' ? { forgottenAt: event.departedAt, failure: forgottenFailure(context.host, event) } : {},
		),
	},
});

export const onHost = ({ host, instance }: InstallContext): OnHost => ({ host: host ?? '', instance });

const isForgotten = ({ forgottenAt }: InstallContext): boolean => (forgottenAt ?? null) !== null;

export function withUndo(undo: UndoStep[], step: UndoStep): UndoStep[] {
	return undo.includes(step) ? undo : [...undo, step];
}

/** It was asked to start, and that is not taken back. */
const mayRun = ({ undo }: InstallContext): boolean => undo.includes('stopUnit');
