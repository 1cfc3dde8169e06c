// Answers for a copy of an app that runs without Covey. Its data is asked of the host that has it.
import type { CatalogEntry } from '../../catalog/entry.ts';
import { exportApp } from '../../catalog/export/export-app.ts';
import { nearest } from '../../catalog/nearest.ts';
import { InstallData } from '../../machines/install/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import { DataPage, DataPiece } from '../host/app-data.ts';
import type { Answers } from './answers.ts';
import { type ExportQuestion, type HostRequest, hint } from './questions.ts';

export interface ExportParts {
	records(): readonly ActorRecord[];
	entry(app: string): Promise<CatalogEntry>;
	askHost(host: string, payload: HostRequest): Promise<unknown>;
	now(): number;
}

export function exportAnswersOf({ records, entry, askHost, now }: ExportParts): Pick<Answers, ExportQuestion> {
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
		async 'export.read'({ instance, path, offset }) {
			const { host } = found(instance);
			return DataPiece.parse(await askHost(host, { type: 'appData', request: { do: 'read', instance, path, offset } }));
		},
		async 'export.texts'({ instance, state, torn }) {
			const { app, host, ports } = found(instance);
			const copied = { from: host, at: new Date(now()), state, torn };
			const numbers = Object.fromEntries(ports.map(({ name, port }) => [name, port]));
			return { files: exportApp({ entry: await entry(app), instance, ports: numbers, copied }).files };
		},
	};
}
