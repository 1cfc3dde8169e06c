// Every effect by its name: what a machine may ask for.
import type { AnyEffect, EffectRegistry } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { acceptData } from './accept-data.ts';
import { assessDeparture } from './assess-departure.ts';
import { buildGeneration } from './build-generation.ts';
import { changeVersion } from './change-version.ts';
import { demoteHost } from './demote-host.ts';
import { drainHost } from './drain-host.ts';
import { excludeVoter, includeVoter } from './exclude-voter.ts';
import { forgetMember } from './forget-member.ts';
import { handOver } from './hand-over.ts';
import { inspectApp } from './inspect-app.ts';
import { installPart } from './install-part.ts';
import { noteDeparture } from './note-departure.ts';
import { placeInstall } from './place-install.ts';
import { preflight } from './preflight.ts';
import { promoteHost } from './promote-host.ts';
import { provideDatabases } from './provide-databases.ts';
import { readVoters } from './read-voters.ts';
import { removeApp } from './remove-app.ts';
import { removeParts } from './remove-parts.ts';
import { restartApp } from './restart-app.ts';
import { saveForUpdate } from './save-for-update.ts';
import { setCopies } from './set-copies.ts';
import { settleAsLeaf } from './settle-as-leaf.ts';
import { startApp } from './start-app.ts';
import { stopApp } from './stop-app.ts';
import { takeBackUpdate } from './take-back-update.ts';
import { undoInstall } from './undo-install.ts';
import { withdrawPlan } from './withdraw-plan.ts';
import { writePlan } from './write-plan.ts';

const ALL = [
	installPart,
	removeParts,
	placeInstall,
	preflight,
	provideDatabases,
	writePlan,
	buildGeneration,
	startApp,
	stopApp,
	restartApp,
	removeApp,
	undoInstall,
	withdrawPlan,
	inspectApp,
	acceptData,
	saveForUpdate,
	changeVersion,
	takeBackUpdate,
	drainHost,
	assessDeparture,
	handOver,
	excludeVoter,
	includeVoter,
	noteDeparture,
	forgetMember,
	readVoters,
	promoteHost,
	setCopies,
	demoteHost,
	settleAsLeaf,
];

export function effectsOf(kit: HostKit): EffectRegistry {
	return new Map(ALL.map((make) => make(kit) as AnyEffect).map((effect) => [effect.name, effect]));
}
