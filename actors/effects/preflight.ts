// Looks before anything is done: memory, disk, wanted ports and programs of this host (FEATURES I5). Changes nothing.
import { z } from 'zod';
import { Port } from '../../machines/install/contract.ts';
import { type Candidate, obstaclesHere } from '../../machines/placement/score.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import type { HostPlan } from '../drivers/plan.ts';
import { findGo } from '../drivers/process/go.ts';
import { assertProgram } from '../drivers/process/programs.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { needOf } from '../need.ts';
import { readPlan } from '../plans.ts';
import { assertPortsFree } from '../ports-of-app.ts';

export const preflight = (kit: HostKit) =>
	defineEffect({
		name: 'preflight',
		input: z.object({ host: Name, instance: Name, app: Name, ports: z.record(Name, Port) }),
		timeoutMs: 60_000,
		async run({ instance, app, ports }, { note, progress }) {
			const entry = await kit.entry(app);
			progress({ step: 'memory and disk' });
			const plan = await readPlan(kit.documents, kit.host);
			const here = (await kit.candidates(instance)).find(({ facts }) => facts.host === kit.host);
			const obstacle = here && obstaclesHere(needOf(entry), roomFor(instance, plan, here, kit));
			if (obstacle) throw new CoveyError(obstacle.code, `${kit.host} cannot take ${app}: ${obstacle.words}.`);
			if (entry.process?.type === 'binary') {
				progress({ step: `looking for ${entry.process.program}` });
				const found = await assertProgram(entry.process);
				note({ kind: 'decide', text: `uses ${found}` });
			}
			if (entry.process?.type === 'go') note({ kind: 'decide', text: `builds it with ${await findGo()}` });
			for (const type of new Set(entry.databases.map((one) => one.type))) await assertServer(kit, type);
			progress({ step: 'ports' });
			await assertPortsFree(kit, plan, instance, entry, ports);
			return { databases: entry.databases.length };
		},
	});

/** Without its program nothing is begun that would have to be taken back. */
async function assertServer(kit: HostKit, type: string): Promise<void> {
	const { process } = await kit.entry(type);
	if (process?.type === 'binary') await assertProgram(process);
}

/** Room that was kept for it stands against what the machine really has; what is promised to others was counted when it was kept. */
function roomFor(instance: string, plan: HostPlan, here: Candidate, kit: HostKit): Candidate {
	const isKept = plan.reserved?.[instance] !== undefined || instance in plan.apps;
	return isKept ? { ...here, reservedMemory: 0, reservedDisk: 0 } : kit.candidateWith(here, plan, instance);
}
