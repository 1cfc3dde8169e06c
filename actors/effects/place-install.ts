// Chooses the host of a new app. Runs on the actor's owner; decides nothing durable by itself.
import { z } from 'zod';
import { rankHosts } from '../../machines/placement/score.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { needOf } from '../need.ts';

export const placeInstall = (kit: HostKit) =>
	defineEffect({
		name: 'placeInstall',
		input: z.object({ instance: Name, app: Name, pinnedHost: Name.nullable(), avoid: z.array(Name) }),
		timeoutMs: 30_000,
		async run({ instance, app, pinnedHost, avoid }, { note, signal }) {
			const need = needOf(kit.entry(app));
			const ranking = rankHosts(need, await kit.candidates(), { pinned: pinnedHost, avoid, instance });
			signal.throwIfAborted();
			const best = ranking[0];
			if (!best || best.score === null) {
				const why = ranking.map(({ host, reasons }) => `${host}: ${reasons.join(', ')}`);
				const asked = ranking.find(({ host }) => host === pinnedHost);
				const code = asked ? codeOf(asked.reasons) : 'NO_SUITABLE_HOST';
				throw new CoveyError(code, `No host can take ${app}: ${why.join('; ') || 'no host is known'}.`, { details: { ranking } });
			}
			const reason = `${best.host} scored ${best.score}: ${best.reasons.join(', ')}`;
			note({ kind: 'decide', text: `${reason}. ${losersOf(ranking.slice(1))}`.trim() });
			return { host: best.host, reason };
		},
	});

function codeOf(reasons: string[]) {
	if (reasons.some((reason) => reason.includes('memory free'))) return 'NOT_ENOUGH_MEMORY' as const;
	if (reasons.some((reason) => reason.includes('disk free'))) return 'NOT_ENOUGH_DISK' as const;
	return 'NO_SUITABLE_HOST' as const;
}

function losersOf(others: { host: string; score: number | null; reasons: string[] }[]): string {
	return others
		.map(({ host, score, reasons }) => (score === null ? `Not ${host}: ${reasons.join(', ')}.` : `${host} scored ${score}.`))
		.join(' ');
}
