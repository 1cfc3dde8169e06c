// What a script learns from the exit code: 0 done, 1 failed, 2 usage, 3 refused by the plan, 4 unreachable.
import type { ErrorCode } from '../engine/errors.ts';

const REFUSED: ReadonlySet<string> = new Set<ErrorCode>([
	'NO_SUITABLE_HOST',
	'NOT_ENOUGH_MEMORY',
	'NOT_ENOUGH_DISK',
	'PORT_IN_USE',
	'NAME_TAKEN',
	'NOT_ALLOWED_NOW',
	'NO_KEYS',
	'MISSING_PROGRAM',
	'NEVER_EMPTY',
	'DATA_ELSEWHERE',
	'CHOICE_OPEN',
	'PLAN_STALE',
	'REMOVAL_BLOCKED',
	'APPS_STAY',
	'HOST_STILL_UP',
	'LAST_HOST',
	'CATALOG_IN_USE',
]);
const UNREACHABLE: ReadonlySet<string> = new Set<ErrorCode>([
	'NO_ANSWER',
	'HOST_UNREACHABLE',
	'STORE_UNAVAILABLE',
	'NO_QUORUM',
	'TIMEOUT',
	'ACTOR_MOVED',
	'CATALOG_UNREACHABLE',
]);
const USAGE: ReadonlySet<string> = new Set<ErrorCode>(['USAGE', 'BAD_REQUEST']);

export function exitCodeOf(code: string): number {
	if (USAGE.has(code)) return 2;
	if (REFUSED.has(code)) return 3;
	return UNREACHABLE.has(code) ? 4 : 1;
}
