// Puts the app into the plan of this host, with its ports, by one compare-and-set.
import { z } from 'zod';
import { type AssignedPort, Port, Use } from '../../machines/install/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { connectionWords } from '../connection-words.ts';
import { connectionsOf } from '../connections.ts';
import { plannedDatabase } from '../databases/servers.ts';
import { defineEffect } from '../effect.ts';
import { pinImages, withImages } from '../images/pin-images.ts';
import type { HostKit } from '../kit.ts';
import { ensureSecrets } from '../own-secrets.ts';
import { planApp } from '../plan-app.ts';
import { changePlan } from '../plans.ts';
import { assignPorts } from '../ports-of-app.ts';
import { withoutReservation } from '../reservations.ts';

export const writePlan = (kit: HostKit) =>
	defineEffect({
		name: 'writePlan',
		input: z.object({ host: Name, instance: Name, app: Name, ports: z.record(Name, Port), uses: z.array(Use).default([]) }),
		timeoutMs: 60_000,
		async run({ instance, app, ports: wishes, uses }, { note, signal }) {
			const entry = await kit.entry(app);
			const [kept, images] = await Promise.all([ensureSecrets(kit, instance, entry), pinImages(entry, [], { note })]);
			let ports: AssignedPort[] = [];
			let connected: string | null = null;
			const plan = await changePlan(kit.documents, kit.host, async (before) => {
				signal.throwIfAborted();
				ports = await assignPorts(kit, before, instance, entry, wishes);
				const free = withoutReservation(before, instance);
				const data = free.apps[instance]?.data;
				const databases = entry.databases.map((one) => plannedDatabase(before, one, kept?.databases[one.name]));
				if (databases.includes(null))
					throw new CoveyError('START_FAILED', `A database server that ${instance} needs left ${kit.host}.`);
				const connections = await connectionsOf(kit, instance, entry, uses, ports);
				connected = connectionWords(instance, uses, connections);
				const extras = { databases: databases.filter((one) => one !== null), connections, host: kit.address };
				const app = { ...planApp(entry, instance, ports, kit.bind, extras), ...withImages(images), ...(data ? { data } : {}) };
				return { ...free, apps: { ...free.apps, [instance]: app } };
			});
			note({
				kind: 'write',
				text: `plan of ${kit.host}, revision ${plan.revision}: ${instance} on ${ports.map(({ name, port }) => `${name} ${port}`).join(', ') || 'no port'}`,
			});
			if (connected) note({ kind: 'write', text: connected });
			return { ports: ports as unknown as { [key: string]: string | number | null }[] };
		},
	});
