// The newest lines of a log that match a query, also from its older parts.
import { readFile } from 'node:fs/promises';
import { isMissing } from '../../../runtime/disk/durable.ts';
import type { LogLine, LogQuery } from '../driver.ts';
import { type LogLimits, OWN_LINE, timesOf } from './log-files.ts';

const LONGEST_LINE = 8_192;

export async function readLog(log: string, unit: string, query: LogQuery, limits: LogLimits): Promise<LogLine[]> {
	const found: LogLine[] = [];
	for (let part = 0; part <= limits.parts && found.length < query.lines; part++) {
		const path = part === 0 ? log : `${log}.${part}`;
		const lines = await linesOf(path, unit);
		if (lines === null) break;
		const wanted = lines.filter((line) => matches(line, query));
		found.unshift(...wanted.slice(-(query.lines - found.length)));
		if (lines[0] && query.sinceMs !== undefined && lines[0].at < query.sinceMs) break;
	}
	return found;
}

export function toLine(text: string, unit: string, at: number): LogLine {
	const line = text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text;
	return { at, unit, stream: line.startsWith(OWN_LINE) ? 'err' : 'out', line };
}

function matches(line: LogLine, { sinceMs, search }: LogQuery): boolean {
	if (sinceMs !== undefined && line.at < sinceMs) return false;
	return search === undefined || line.line.toLowerCase().includes(search.toLowerCase());
}

async function linesOf(path: string, unit: string): Promise<LogLine[] | null> {
	let content: Buffer;
	try {
		content = await readFile(path);
	} catch (error) {
		if (isMissing(error)) return null;
		throw error;
	}
	const timeAt = timesOf(path);
	const lines: LogLine[] = [];
	for (let from = 0; from < content.length; ) {
		const end = content.indexOf(10, from);
		const to = end === -1 ? content.length : end;
		lines.push(toLine(content.toString('utf8', from, to).replace(/\r$/, ''), unit, timeAt(from)));
		from = to + 1;
	}
	return lines;
}
