// covey hosts

import { dataDisk } from '../../machines/placement/score.ts';
import type { HostRow, Totals } from '../api/contract.ts';
import { paintPhase } from './format/phase.ts';
import { type Column, table } from './format/table.ts';
import { ago, bar, duration, percent, size } from './format/units.ts';
import { wrap } from './format/wrap.ts';
import type { Session } from './session.ts';

const SKEW_MS = 500;

export async function hosts(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('hosts', {}));
	session.show(answer, () => {
		const now = Date.now();
		const lines = [table(columns(session, now), answer.hosts, session.width), wrap(totalsLine(answer.totals), session.width)];
		for (const { host, phase, words } of answer.hosts) if (phase !== 'member') lines.push(`${host} is ${phase}: ${words}`);
		if (answer.quorum) lines.push('', ...answer.survives.map((line) => wrap(line, session.width)));
		for (const { host, skewMs } of answer.hosts)
			if (skewMs !== null && Math.abs(skewMs) > SKEW_MS)
				lines.push(session.paint.yellow(`The clock of ${host} is ${Math.abs(skewMs)} ms off; set it (NTP).`));
		if (answer.needs) lines.push('', session.paint.red(answer.needs));
		return lines.join('\n');
	});
	return 0;
}

function columns({ paint }: Session, now: number): Column<HostRow>[] {
	return [
		{ title: 'HOST', text: ({ host }) => host },
		{
			title: 'STATE',
			text: (row) => stateWords(row, now),
			paint: (text, { presence, phase }) =>
				paintPhase(paint, presence === 'online' && phase !== 'member' ? phase : presence, text),
		},
		{ title: 'ROLE', text: ({ role }) => role, drop: 2 },
		{ title: 'CPU', text: ({ cpu }) => percent(cpu.percent), align: 'right' },
		{ title: 'LOAD', text: ({ cpu }) => cpu.load[0].toFixed(2), align: 'right', drop: 6 },
		{
			title: 'MEMORY',
			text: ({ memory }) =>
				`${bar(1 - memory.available / memory.total, 6)} ${size(memory.total - memory.available)} of ${size(memory.total)}`,
		},
		{ title: 'DISK FREE', text: (row) => size(dataDisk(row)?.available ?? 0), align: 'right', drop: 3 },
		{ title: 'APPS', text: ({ apps }) => String(apps), align: 'right' },
		{ title: 'UP', text: ({ os }) => duration(now - os.bootedAt), align: 'right', drop: 5 },
		{
			title: 'TEMP',
			text: ({ temperatures }) => (temperatures[0] ? `${temperatures[0].celsius} °C` : '–'),
			align: 'right',
			drop: 9,
		},
		{ title: 'SYSTEM', text: ({ os }) => `${os.name} ${os.version}`.replace('GNU/Linux ', ''), drop: 8 },
		{ title: 'ADDRESS', text: ({ http }) => http, drop: 7 },
	];
}

/** `online, cordoned`; `offline, seen 3 min ago` */
function stateWords({ presence, lastSeen, phase }: HostRow, now: number): string {
	const heard = presence === 'online' || lastSeen === null ? presence : `${presence}, seen ${ago(lastSeen, now)}`;
	return phase === 'member' ? heard : `${heard}, ${phase}`;
}

function totalsLine(totals: Totals): string {
	const { memory, disk } = totals;
	return `${totals.online} of ${totals.hosts} hosts online, ${totals.cores} cores ${percent(totals.cpuPercent)} busy, ${size(memory.available)} of ${size(memory.total)} memory free, ${size(disk.available)} of ${size(disk.total)} disk free, ${totals.running} of ${totals.apps} apps running`;
}
