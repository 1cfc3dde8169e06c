// All processes of one unit: those of its session, and those that carry its marker in their environment
// (a child that made its own session, or one that was started right before its host process was killed).
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { type Proc, readProc, scanProcs, startVariable } from './proc.ts';

export const UNIT_MARKER = 'COVEY_UNIT';
export const BUILD_MARKER = 'COVEY_BUILD';

export interface Family {
	/** Value of the marker: `<data directory's id>/<instance>`. */
	marker: string;
	/** The session's first process, whether it lives or not; null when nobody knows it. */
	main: { pid: number; startTime: string } | null;
}

export function members(family: Family): Proc[] {
	return scanProcs().filter((proc) => inSession(proc, family.main) || startVariable(proc.pid, UNIT_MARKER) === family.marker);
}

/** SIGTERM to the group, SIGKILL to whatever is left after `timeoutMs`. Resolves when nobody is left. */
export async function endFamily(family: Family, timeoutMs: number): Promise<void> {
	const startedAt = Date.now();
	const asked = new Set<number>();
	for (let left = members(family); left.length > 0; left = members(family)) {
		const waited = Date.now() - startedAt;
		if (waited > timeoutMs + KILL_LIMIT_MS) throw cannotEnd(family, left);
		const mainLives = left.some((proc) => proc.pid === family.main?.pid);
		for (const proc of left) {
			if (waited >= timeoutMs) send(proc.pid, 'SIGKILL');
			// The main process ends its children itself; only the ones it leaves behind are asked one by one.
			else if (!asked.has(proc.pid) && (!mainLives || proc.group === family.main?.pid)) {
				asked.add(proc.pid);
				send(proc.pid, 'SIGTERM');
			}
		}
		await new Promise((resolve) => setTimeout(resolve, 40));
	}
}

const KILL_LIMIT_MS = 15_000;

function inSession(proc: Proc, main: Family['main']): boolean {
	if (main === null || proc.session !== main.pid) return false;
	const first = readProc(main.pid);
	// An id stays taken while its session has members, so a session whose first process is gone is still the same one,
	// unless the id was given to somebody new, who then is there with another start time.
	return first === null || first.startTime === main.startTime;
}

function send(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch {
		// ended between the look and the signal
	}
}

const cannotEnd = (family: Family, left: Proc[]): CoveyError =>
	new CoveyError(
		'EFFECT_FAILED',
		`Processes of ${family.marker.split('/')[1]} do not end, not even by SIGKILL: ${left.map((proc) => proc.pid).join(', ')}.`,
	);
