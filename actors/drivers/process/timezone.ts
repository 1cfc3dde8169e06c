// The machine's time zone, without waking the library for languages and calendars where a link says it: that costs a host 7 MB.
import { existsSync, readlinkSync } from 'node:fs';

const LOCALTIME = '/etc/localtime';

/** `Europe/Berlin`; `UTC` on a machine that says nothing. */
export function timezone(localtime = LOCALTIME, env: NodeJS.ProcessEnv = process.env): string {
	return env['TZ'] || linked(localtime) || (existsSync(localtime) ? Intl.DateTimeFormat().resolvedOptions().timeZone : 'UTC');
}

function linked(localtime: string): string | null {
	try {
		return /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(readlinkSync(localtime))?.[1] ?? null;
	} catch {
		// Absent, or a copy of the zone's file.
		return null;
	}
}
