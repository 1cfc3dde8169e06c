// Makes this host a voter. Its member document says so first: a host that is called one and is not counted is taken back.
import { z } from 'zod';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import { changeMember, readMember, readMembers } from '../members.ts';
import type { VotersKit } from '../voter-ops.ts';
import { routesOf } from '../voting-members.ts';

export const promoteHost = (kit: VotersKit) =>
	defineEffect({
		name: 'promoteHost',
		input: z.object({ host: Name }),
		timeoutMs: 240_000,
		async run(_input, { note, progress, signal }) {
			const { documents, voters } = kit;
			const self = await readMember(documents, kit.host);
			if (self.forgottenAt !== null) throw new CoveyError('HOST_FORGOTTEN', `${kit.host} is no member any more.`);
			const routes = routesOf(await readMembers(documents), self);
			if (routes.length < 2) throw new CoveyError('STORE_UNAVAILABLE', 'No voter is known that could be joined.');
			// The others take a route only from whom the documents call a voter.
			const isNew = await changeMember(documents, kit.host, ({ role, install }) =>
				role === 'voter' || install !== self.install ? null : { role: 'voter' },
			);
			if (isNew) note({ kind: 'write', text: `member-${kit.host}: a voter` });
			voters.membersChanged();
			signal.throwIfAborted();
			const running = voters.running();
			if (running.role !== 'voter' || running.install !== self.install) {
				progress({ step: `joining the voters at ${routes.slice(0, -1).join(', ')}` });
				await voters.restartAs({ role: 'voter', install: self.install, routes });
				note({
					kind: 'run',
					text: `nats-server of ${kit.host} started as a voter, with routes to ${routes.slice(0, -1).join(', ')}`,
				});
			}
			signal.throwIfAborted();
			progress({ step: 'waiting until the other voters count it' });
			await voters.waitVoting();
		},
	});
