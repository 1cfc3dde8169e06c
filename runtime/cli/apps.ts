// covey apps
import type { AppRow } from '../api/contract.ts';
import { paintPhase, phaseWords } from './format/phase.ts';
import { type Column, table } from './format/table.ts';
import { ago } from './format/units.ts';
import type { Session } from './session.ts';

export async function apps(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('apps', {}));
	session.show(answer, () => {
		if (answer.apps.length === 0) return 'No apps yet. See `covey catalog`, then `covey install APP --wait`.';
		const failures = answer.apps.flatMap(({ instance, failure }) =>
			failure ? [`${session.paint.red(instance)}: ${failure.message}\n  What to do: ${failure.next}`] : [],
		);
		return [table(columns(session, Date.now()), answer.apps, session.width), ...failures].join('\n');
	});
	return 0;
}

const columns = ({ paint }: Session, now: number): Column<AppRow>[] => [
	{ title: 'NAME', text: ({ instance }) => instance },
	{ title: 'APP', text: ({ app }) => app, drop: 3 },
	{ title: 'STATE', text: ({ phase }) => phaseWords(phase), paint: (text, row) => paintPhase(paint, row.phase, text) },
	{ title: 'HOST', text: ({ host }) => host ?? '–' },
	{ title: 'SINCE', text: ({ since }) => ago(since, now), drop: 2 },
	{ title: 'ADDRESS', text: ({ url }) => url ?? '–' },
];
