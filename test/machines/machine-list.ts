// Every kind with what its effects, people, hosts and inputs can say: lint, graph, golden records and lives go through this list.
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { HostContext } from '../../machines/host/context.ts';
import { HOST_COMMANDS, HOST_PHASES } from '../../machines/host/contract.ts';
import { hostKind } from '../../machines/host/kind.ts';
import type { InstallContext } from '../../machines/install/context.ts';
import { COMMANDS, PHASES } from '../../machines/install/contract.ts';
import { installKind } from '../../machines/install/kind.ts';
import type { Choice } from '../../machines/voters/choose.ts';
import type { Survey, VotersContext } from '../../machines/voters/context.ts';
import { VOTERS_COMMANDS, VOTERS_PHASES } from '../../machines/voters/contract.ts';
import { votersKind } from '../../machines/voters/kind.ts';
import type { Kind } from '../../runtime/engine/kind.ts';
import type { JsonObject } from '../../runtime/engine/record.ts';

export interface Tried {
	kind: Kind;
	machine: AnyStateMachine;
	/** The actor's id. */
	id: string;
	/** What it is made of; the graph is walked from each. */
	inputs: readonly JsonObject[];
	/** What each effect may answer, the usual first; `[null]` for those that are not here. */
	outputs: Readonly<Record<string, readonly unknown[]>>;
	/** Codes with which effects may fail, beside EFFECT_FAILED. */
	errors: readonly string[];
	/** Whole payloads but for `cmdId` and `by`. */
	commands: readonly (JsonObject & { type: string })[];
	facts: readonly (JsonObject & { type: string })[];
	phases: readonly string[];
	/** Phases that are the end. */
	ends: readonly string[];
	/** What the future depends on beside the state: the rest of the context is for reading. */
	place(context: never, state: string): JsonObject;
	/** File of golden records in test/machines/golden. */
	golden: string;
}

export const MACHINES: readonly Tried[] = [
	{
		kind: installKind,
		machine: current(installKind),
		id: 'notes',
		inputs: [
			...[null, 'birch'].map((pinnedHost) => ({ app: 'notes', pinnedHost, ports: {} })),
			{
				app: 'notes',
				pinnedHost: null,
				ports: {},
				parts: ['store', 'proxy'].map((name) => ({ instance: name, app: name, planned: null })),
			},
		],
		outputs: {
			preflight: [null, { databases: 1 }],
			provideDatabases: [{ databases: [{ name: 'main', type: 'postgres', server: 'postgres-birch' }] }],
			removeApp: [{ unused: [] }],
			placeInstall: [{ host: 'birch', reason: 'most memory' }],
			writePlan: [{ ports: [{ name: 'web', port: 20_000, protocol: 'tcp', url: 'http://127.0.0.1:20000' }] }],
			buildGeneration: [{ generation: 3 }],
			startApp: [{ generation: 3 }],
			saveForUpdate: [{ from: '1.0.0' }],
			changeVersion: [{ to: '2.0.0' }],
			inspectApp: ['running', 'stopped', 'failed'].map((state) => ({ state, reason: 'because' })),
		},
		errors: ['PORT_IN_USE', 'NEVER_EMPTY', 'REMOVAL_BLOCKED'],
		commands: COMMANDS.map((type) => commandOf(type)),
		facts: [
			...['host.lost', 'host.returned', 'app.unhealthy', 'app.failed', 'app.recovered'].map((type) => ({
				type,
				host: 'birch',
				reason: 'because',
			})),
			{ type: 'app.failed', host: 'birch', reason: 'it is empty', code: 'NEVER_EMPTY' },
			{ type: 'app.unhealthy', host: 'birch', reason: 'it is empty', code: 'NEVER_EMPTY' },
			{ type: 'host.forgotten', host: 'birch', how: 'forgotten', departedAt: 1 },
		],
		phases: PHASES,
		ends: ['removed'],
		place: installPlace,
		golden: 'install-1.json',
	},
	{
		kind: hostKind,
		machine: current(hostKind),
		id: 'birch',
		inputs: [{}],
		outputs: {
			drainHost: [
				{ moved: [{ instance: 'notes', to: 'cedar' }], stays: [] },
				{ moved: [], stays: [{ instance: 'notes', why: 'its data is here', to: 'cedar' }] },
			],
		},
		errors: ['HOST_STILL_UP'],
		commands: HOST_COMMANDS.map((type) => (type === 'host.leave' || type === 'host.forget' ? { type, force: false } : { type })),
		facts: [{ type: 'host.returned', host: 'birch' }],
		phases: HOST_PHASES,
		ends: ['left', 'forgotten'],
		place: ({ wish, from, departing, failure }: HostContext) => ({
			wish,
			from,
			departing,
			failed: failure !== null,
		}),
		golden: 'host-1.json',
	},
	{
		kind: votersKind,
		machine: current(votersKind),
		id: 'cluster',
		inputs: [{ wanted: 3 }],
		outputs: {
			readVoters: [
				survey({ birch: 'leaf', cedar: 'leaf' }),
				survey({}),
				survey({ birch: 'voter', cedar: 'voter' }),
				survey({ birch: 'voter', cedar: 'leaving', dogwood: 'voter' }, 3),
				survey({ birch: 'unaware' }),
				survey({ birch: 'away', cedar: 'away' }, 3),
				{ seat: 'birch', seen: null },
			],
			demoteHost: [{ up: true }, { up: false }],
		},
		errors: [],
		commands: VOTERS_COMMANDS.map((type) => {
			if (type === 'voters.want') return { type, voters: 5 };
			return type === 'voters.exclude' || type === 'voters.include' ? { type, host: 'cedar' } : { type };
		}),
		facts: [{ type: 'voters.due' }],
		phases: VOTERS_PHASES,
		ends: [],
		place: ({ choice, failure, repeats }: VotersContext) => ({
			choice: choice && nameOfChoice(choice),
			failed: failure !== null,
			repeats,
		}),
		golden: 'voters-1.json',
	},
];

const nameOfChoice = (choice: Choice): string => `${choice.change} ${'host' in choice ? choice.host : ''}`;

type Part = 'voter' | 'leaf' | 'leaving' | 'unaware' | 'away';

/** Alder holds the data; the others as said. */
function survey(others: Record<string, Part>, copies = 1): Survey {
	const parts: Record<string, Part> = { alder: 'voter', ...others };
	const members = Object.entries(parts).map(([host, is]) => {
		const counted = is !== 'leaf' && is !== 'unaware';
		return {
			host,
			server: `${host}-1`,
			role: counted ? ('voter' as const) : ('leaf' as const),
			counted,
			runsAsVoter: is !== 'leaf',
			witness: false,
			offlineSince: is === 'away' ? 1 : null,
			uptimeShare: 1,
			held: counted ? 6 : 0,
			excluded: is === 'leaving',
			avoided: false,
		};
	});
	return { seat: 'alder', seen: { members, copies: { lowest: copies, highest: copies, settled: true } } };
}

/** The state and what else its future depends on, as one text. */
export const placeOf = (tried: Tried, { value, context }: Pick<AnyMachineSnapshot, 'value' | 'context'>): string =>
	`${String(value)} ${JSON.stringify(tried.place(context as never, String(value)))}`;

export const outputsOf = (tried: Tried, effect: string): readonly unknown[] => tried.outputs[effect] ?? [null];

function current(kind: Kind): AnyStateMachine {
	return (kind.versions.at(-1) as Kind['versions'][0]).machine;
}

function commandOf(type: (typeof COMMANDS)[number]): JsonObject & { type: string } {
	if (type === 'install.remove') return { type, deleteData: false };
	if (type === 'install.connect') return { type, uses: [] };
	return type === 'install.update' ? { type, version: null } : { type };
}

/** What is over, or comes to be known again before it counts, is left out where it does not count: there are enough places. */
function installPlace(context: InstallContext, state: string): JsonObject {
	const { pinnedHost, host, update, parts, partsDone, undo, hasRun, portsLost, failure, unreachableSince, forgottenAt } = context;
	if (state === 'removed') return {};
	const isStarting = ['configuring', 'building', 'starting'].includes(state);
	const isUndoing = ['failed', 'rollingBack', 'withdrawing', 'rolledBack', 'removingParts'].includes(state);
	return {
		...(hasRun ? {} : { parts: parts?.length ?? 0, partsDone: partsDone ?? null, pinnedHost }),
		...(isStarting ? { portsLost } : {}),
		...(isUndoing ? {} : { lost: unreachableSince !== null, forgotten: forgottenAt !== null }),
		...(state === 'error' || isUndoing ? { missed: failure?.code === 'NEVER_EMPTY' } : {}),
		host,
		updating: (update ?? null) !== null,
		undo,
		hasRun,
	};
}
