// May a host leave or be forgotten? Changes nothing.
import { z } from 'zod';
import { appsOn } from '../../machines/host/apps-on.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';

export const assessDeparture = (kit: HostKit) =>
	defineEffect({
		name: 'assessDeparture',
		input: z.object({ member: Name, how: z.enum(['leave', 'forget']), force: z.boolean() }),
		timeoutMs: 30_000,
		async run({ member, how, force }, { note }) {
			const others = (await kit.candidates()).filter(
				({ facts, presence }) => facts.host !== member && !facts.witness && presence === 'online',
			);
			if (others.length === 0)
				throw new CoveyError('LAST_HOST', `${member} is the only host that is up; nobody could take over from it.`);
			const presence = kit.presence(member);
			if (how === 'forget') assertAway(member, presence, force);
			else if (presence === 'offline')
				throw new CoveyError(
					'HOST_UNREACHABLE',
					`${member} is offline and cannot leave by itself; \`covey forget ${member}\` does.`,
				);
			const apps = appsOn(kit.records(), member).map(({ instance }) => instance);
			if (how === 'leave' && apps.length > 0 && !force) throw staying(member, apps);
			const left = apps.length > 0 ? `the data of ${apps.join(', ')} stays on its disk` : 'no app has data on its disk';
			note({ kind: 'decide', text: `${member} may ${how === 'leave' ? 'leave' : 'be forgotten'}: ${left}` });
		},
	});

function assertAway(member: string, presence: string, force: boolean): void {
	if (presence === 'online')
		throw new CoveyError('HOST_STILL_UP', `${member} is up; only a host that is away for good can be forgotten.`);
	if (presence === 'stale' && !force)
		throw new CoveyError('HOST_STILL_UP', `${member} has been silent for a moment only; it is not yet known to be away.`);
}

function staying(member: string, apps: string[]): CoveyError {
	const some = apps.length === 1 ? `The app ${apps[0]} is` : `${apps.length} apps are`;
	return new CoveyError(
		'APPS_STAY',
		`${some} on ${member}${apps.length === 1 ? '' : `: ${apps.join(', ')}`}. If it leaves, ${apps.length === 1 ? 'it stops' : 'they stop'}, with the data on its disk.`,
		{ details: { apps } },
	);
}
