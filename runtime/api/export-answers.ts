// Answers for a copy of an app that runs without Covey. Its data is asked of the host that has it.
import { z } from 'zod';
import type { CatalogEntry } from '../../catalog/entry.ts';
import { dumpFile } from '../../catalog/export/database-services.ts';
import { exportApp } from '../../catalog/export/export-app.ts';
import { nearest } from '../../catalog/nearest.ts';
import { InstallData } from '../../machines/install/contract.ts';
import { CoveyError, fromWire, type WireError } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import { DataPage, DataPiece } from '../host/app-data.ts';
import type { Answers } from './answers.ts';
import { type ExportQuestion, type HostRequest, hint } from './questions.ts';

const DumpAnswer = z.discriminatedUnion('status', [
	z.object({ status: z.literal('running') }),
	z.object({ status: z.literal('done'), names: z.array(z.string()) }),
	z.object({
		status: z.literal('failed'),
		error: z.custom<WireError>((value) => typeof value === 'object' && value !== null && 'code' in value),
	}),
]);

export interface ExportParts {
	records(): readonly ActorRecord[];
	entry(app: string): Promise<CatalogEntry>;
	askHost(host: string, payload: HostRequest): Promise<unknown>;
	/** Values of secrets by their names: `secret.admin`. */
	secretsOf(instance: string): Promise<Record<string, string>>;
	now(): number;
}

export function exportAnswersOf({ records, entry, askHost, secretsOf, now }: ExportParts): Pick<Answers, ExportQuestion> {
	const found = (instance: string): InstallData & { host: string } => {
		const installs = records().filter(({ kind, view }) => kind === 'install' && view.phase !== 'removed');
		const record = installs.find(({ id }) => id === instance);
		const data = record && InstallData.parse(record.view.data);
		if (data?.host) return { ...data, host: data.host };
		const near = nearest(
			instance,
			installs.map(({ id }) => id),
		);
		const words = record ? `${instance} is on no host yet.` : `There is no app called ${instance}${hint(near)}.`;
		throw new CoveyError('UNKNOWN_ACTOR', words, { details: { nearest: near } });
	};
	return {
		async 'export.list'({ instance, after }) {
			const { host } = found(instance);
			const page = await askHost(host, { type: 'appData', request: { do: 'list', instance, after } });
			return { host, ...DataPage.parse(page) };
		},
		async 'export.read'({ instance, from, path, offset }) {
			const { host } = found(instance);
			return DataPiece.parse(await askHost(host, { type: 'appData', request: { do: 'read', instance, from, path, offset } }));
		},
		async 'export.dumps'({ instance, discard }) {
			const { app, host } = found(instance);
			if (discard) {
				await askHost(host, { type: 'appData', request: { do: 'discard', instance } });
				return { status: 'none', dumps: [] };
			}
			const { databases } = await entry(app);
			if (databases.every(({ state }) => !state)) return { status: 'none', dumps: [] };
			const dumped = DumpAnswer.parse(await askHost(host, { type: 'appData', request: { do: 'dump', instance } }));
			if (dumped.status === 'failed') throw fromWire(dumped.error);
			if (dumped.status === 'running') return { status: 'running', dumps: [] };
			const names = databases.filter(({ name, state }) => state && dumped.names.includes(name));
			return { status: 'done', dumps: names.map((database) => ({ name: database.name, path: dumpFile(database) })) };
		},
		async 'export.texts'({ instance, state, torn, dumped, secrets }) {
			const { app, host, ports } = found(instance);
			const copied = { from: host, at: new Date(now()), state, torn, dumped };
			const values = secrets ? await secretsOf(instance) : {};
			const numbers = Object.fromEntries(ports.map(({ name, port }) => [name, port]));
			return { files: exportApp({ entry: await entry(app), instance, ports: numbers, copied, secrets: values }).files };
		},
	};
}
