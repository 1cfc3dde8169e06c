// covey weights: what counts how much when a host is chosen.
import { parseWeights } from '../../machines/placement/weights.ts';
import type { QuestionOutput } from '../api/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { type Column, table } from './format/table.ts';
import type { Session } from './session.ts';

export interface WeightsOptions {
	/** `memory=50,load=0` */
	set?: string;
	reset?: boolean;
}

export async function weights(session: Session, { set, reset }: WeightsOptions): Promise<number> {
	if (set !== undefined && reset) throw new CoveyError('USAGE', 'Use --set or --reset, not both.');
	const answer = await session.withClient(async (client) => {
		const before = await client.ask('placement', {});
		if (set === undefined && !reset) return before;
		const wanted = set === undefined ? { weights: null } : parseWeights(set, before.weights);
		if ('wrong' in wanted) throw new CoveyError('USAGE', `--set: ${wanted.wrong}.`);
		return { ...before, ...(await client.ask('placement.set', wanted)) };
	});
	session.show(answer, () => words(answer, session.width));
	return 0;
}

function words({ weights: now, usual }: QuestionOutput<'placement'>, width: number): string {
	const all = Object.values(now).reduce((sum, weight) => sum + weight, 0);
	const rows = (Object.keys(now) as (keyof typeof now)[]).map((name) => ({ name, now: now[name], usual: usual[name] }));
	const columns: Column<(typeof rows)[number]>[] = [
		{ title: 'SHARE', text: ({ name }) => name },
		{ title: 'WEIGHT', text: (row) => String(row.now), align: 'right' },
		{ title: 'OF 100', text: (row) => String(Math.round((100 * row.now) / all)), align: 'right' },
		{ title: 'USUALLY', text: (row) => String(row.usual), align: 'right' },
	];
	return table(columns, rows, width);
}
