// Answers about the trash of every host. The data lies on its host, so that host does what is asked.
import { z } from 'zod';
import { KEPT_MS, type Trash } from '../../actors/drivers/process/trash.ts';
import { isInstalled } from '../../actors/installed.ts';
import { CoveyError } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { Answers } from './answers.ts';
import type { HostRow } from './contract.ts';
import { assertKnown } from './impact.ts';
import { type TrashRequest, TrashRow } from './trash-contract.ts';

export interface TrashParts {
	hosts(): Promise<HostRow[]>;
	records(): ActorRecord[];
	/** Rejects with HOST_UNREACHABLE. */
	askTrash(host: string, request: TrashRequest): Promise<unknown>;
}

export function trashAnswersOf(parts: TrashParts): Pick<Answers, 'trash.list' | 'trash.restore' | 'trash.empty'> {
	return {
		'trash.list': () => listAll(parts),
		async 'trash.restore'({ id, host }) {
			const item = await findOne(parts, id, host);
			const record = parts.records().find((one) => one.kind === 'install' && one.id === item.instance) ?? null;
			if (isInstalled(record))
				throw new CoveyError(
					'NAME_TAKEN',
					`An app called ${item.instance} is installed; remove it before its old data is restored.`,
				);
			await parts.askTrash(item.host, { do: 'restore', id });
			return { instance: item.instance, app: item.app, host: item.host };
		},
		async 'trash.empty'({ id, host }) {
			if (id !== null) {
				const item = await findOne(parts, id, host);
				await parts.askTrash(item.host, { do: 'empty', id });
				return { gone: [{ id, host: item.host }] };
			}
			if (host !== undefined) assertKnown(host, await parts.hosts());
			const { items } = await listAll(parts);
			const wanted = items.filter((item) => host === undefined || item.host === host);
			const answers = [...new Set(wanted.map((item) => item.host))].map(async (name) => {
				const gone = z.array(z.string()).parse(await parts.askTrash(name, { do: 'empty', id: null }));
				return gone.map((one) => ({ id: one, host: name }));
			});
			return { gone: (await Promise.all(answers)).flat() };
		},
	};
}

async function listAll({ hosts, askTrash }: TrashParts): Promise<{ items: TrashRow[]; silent: string[] }> {
	const silent: string[] = [];
	const lists = (await hosts()).map(async ({ host }) => {
		try {
			return z.array(TrashRow).parse(await askTrash(host, { do: 'list' }));
		} catch {
			silent.push(host);
			return [];
		}
	});
	const items = (await Promise.all(lists)).flat().sort((a, b) => b.at - a.at);
	return { items, silent: silent.sort() };
}

async function findOne(parts: TrashParts, id: string, host: string | undefined): Promise<TrashRow> {
	const { items, silent } = await listAll(parts);
	const [item, second] = items.filter((one) => one.id === id && (host === undefined || one.host === host));
	if (item && second)
		throw new CoveyError('BAD_REQUEST', `Both ${item.host} and ${second.host} have ${id} in their trash; say which host.`);
	if (item) return item;
	const away = silent.length > 0 ? ` ${silent.join(', ')} did not answer.` : '';
	throw new CoveyError('UNKNOWN_TRASH', `There is no ${id} in the trash.${away}`, { details: { silent } });
}

/** What this host answers to `askTrash`. */
export async function answerTrash(host: string, trash: Trash, request: TrashRequest): Promise<unknown> {
	switch (request.do) {
		case 'list':
			return (await trash.list()).map((item): TrashRow => ({ ...item, host, expiresAt: item.at + KEPT_MS }));
		case 'restore':
			return trash.restore(request.id);
		case 'empty':
			return trash.empty(request.id);
	}
}
