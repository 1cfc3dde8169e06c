// covey logs INSTANCE

import type { LogRow } from '../api/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { actorRef } from './actor-name.ts';
import { moment, parseDuration } from './format/units.ts';
import type { Session } from './session.ts';

export interface LogsOptions {
	follow?: boolean;
	lines: number;
	since?: string;
	search?: string;
}

export async function logs(session: Session, name: string, options: LogsOptions): Promise<number> {
	const { id: instance } = actorRef(name);
	const sinceMs = options.since === undefined ? undefined : sinceOf(options.since);
	const query = {
		instance,
		lines: options.lines,
		...(sinceMs === undefined ? {} : { sinceMs }),
		...(options.search === undefined ? {} : { search: options.search }),
	};
	return session.withClient(async (client) => {
		const seam = newSeam((line) => session.print(session.json ? JSON.stringify(line) : words(session, line)), options.search);
		let stop = () => {};
		if (options.follow) {
			const { data } = await client.ask('show', { actor: `install/${instance}` });
			if (typeof data.host === 'string') stop = client.watchLogs(data.host, instance, seam.live);
		}
		const { lines } = await client.ask('logs', query);
		if (session.json && !options.follow) session.print(JSON.stringify(lines, null, 2));
		else seam.history(lines);
		if (options.follow) await new Promise<void>((resolve) => process.once('SIGINT', () => resolve()));
		stop();
		return 0;
	});
}

/** Live lines that come before the history are held back, and those the history has are dropped: no gap, none twice. */
export function newSeam(
	print: (line: LogRow) => void,
	search?: string,
): { live(line: LogRow): void; history(lines: LogRow[]): void } {
	let held: LogRow[] | null = [];
	const fits = ({ line }: LogRow) => search === undefined || line.toLowerCase().includes(search.toLowerCase());
	return {
		live(line) {
			if (!fits(line)) return;
			if (held) held.push(line);
			else print(line);
		},
		history(lines) {
			for (const line of lines) print(line);
			const known = new Set(lines.map(({ at, line }) => `${at} ${line}`));
			const waiting = held ?? [];
			held = null;
			for (const line of waiting) if (!known.has(`${line.at} ${line.line}`)) print(line);
		},
	};
}

function sinceOf(text: string): number {
	const ms = parseDuration(text);
	if (ms === null) throw new CoveyError('USAGE', `--since takes a time like 30s, 10m, 2h or 1d, not "${text}".`);
	return Date.now() - ms;
}

const words = ({ paint }: Session, { at, stream, line }: LogRow): string =>
	`${paint.dim(moment(at))}  ${stream === 'err' ? paint.yellow(line) : line}`;
