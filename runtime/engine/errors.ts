// The one closed table of errors: every code Covey can answer with, sorted by what the caller can do.
// docs/errors.md explains each; a test keeps the two equal.

interface ErrorEntry {
	/** True: the same request may succeed later without a change. */
	retry: boolean;
	/** What to do next, for a person. */
	next: string;
}

const table = {
	// the request itself
	BAD_REQUEST: { retry: false, next: 'Correct the fields named in details; docs/subjects.md has the schemas.' },
	UNKNOWN_APP: { retry: false, next: 'See `covey catalog` for the names.' },
	UNKNOWN_HOST: { retry: false, next: 'See `covey hosts` for the names.' },
	UNKNOWN_ACTOR: { retry: false, next: 'See `covey actors` or `covey apps` for the names.' },
	UNKNOWN_KIND: { retry: false, next: 'Known kinds are listed in docs/subjects.md.' },
	NAME_TAKEN: { retry: false, next: 'Choose another name with --name, or remove the instance first.' },
	NOT_ALLOWED_NOW: { retry: false, next: 'See `covey show` for what the actor can do in its present phase.' },
	CANCELLED: { retry: false, next: 'Nothing to do; start it again when you want to.' },
	USAGE: { retry: false, next: 'See `covey help`.' },
	// the catalog and the plan
	BAD_CATALOG: { retry: false, next: 'Correct the file at the line named.' },
	UNKNOWN_CATALOG: { retry: false, next: 'See `covey catalog sources` for the names.' },
	CATALOG_IN_USE: { retry: false, next: 'Remove the apps named first; their data is kept.' },
	CATALOG_UNREACHABLE: { retry: true, next: 'Check the address and the branch, and that git can reach it from here.' },
	PORT_IN_USE: { retry: false, next: 'Use the free port proposed, or stop what uses this one.' },
	NOT_ENOUGH_MEMORY: { retry: false, next: 'Choose another host, or stop an app on this one.' },
	NOT_ENOUGH_DISK: { retry: false, next: 'Free disk space on the host, or choose another.' },
	NO_SUITABLE_HOST: { retry: false, next: 'See `covey place APP` for why each host was ruled out.' },
	MISSING_PROGRAM: { retry: false, next: 'Install the program named on that host, then `covey retry`.' },
	DATA_ELSEWHERE: {
		retry: false,
		next: 'Install it where its data is, choose another --name, or begin without that data with --fresh.',
	},
	CHOICE_OPEN: { retry: false, next: 'Choose with --with APP, or take what is recommended with --recommended.' },
	PLAN_STALE: { retry: false, next: 'Look at the new plan with `covey plan install`, and accept that one.' },
	REMOVAL_BLOCKED: {
		retry: false,
		next: 'Remove the apps that need it first. --force takes it from them, but not while their databases are on it.',
	},
	DEPENDENCY_FAILED: { retry: false, next: 'See `covey show` of the app named for why; then `covey retry`.' },
	UNKNOWN_TRASH: { retry: false, next: 'See `covey trash` for what is there.' },
	NEVER_EMPTY: {
		retry: false,
		next: 'Restore the data, then `covey restart`; or go on with what is there: `covey accept-data NAME`.',
	},
	// work on a host
	BUILD_FAILED: { retry: true, next: 'Read the build log with `covey show`; then `covey retry`.' },
	PACKAGE_NOT_FOUND: { retry: false, next: 'Correct the package or version in the catalog entry.' },
	DISK_FULL: { retry: false, next: 'Free disk space on that host, then `covey retry`.' },
	START_FAILED: { retry: false, next: 'Read `covey logs`; then `covey retry`.' },
	UNHEALTHY: { retry: false, next: 'Read `covey logs`; the app is restarted by itself, `covey restart` does it now.' },
	EFFECT_TIMEOUT: { retry: true, next: 'See `covey show` for what it was doing; then `covey retry`.' },
	EFFECT_FAILED: { retry: true, next: 'See `covey show` for the cause; then `covey retry`.' },
	UNKNOWN_EFFECT: { retry: false, next: 'Upgrade Covey on the host named.' },
	// the cluster
	HOST_UNREACHABLE: { retry: true, next: 'Check that the host is on and connected; the work goes on when it returns.' },
	HOST_LOST: { retry: true, next: 'Bring the host back, or choose another host.' },
	STORE_UNAVAILABLE: {
		retry: true,
		next: 'A majority of the voting hosts must be up; `covey doctor` names them. Running apps go on.',
	},
	NO_QUORUM: {
		retry: true,
		next: 'Start the voting hosts named; with a majority of them changes are taken again. Lost for good? See `covey recover`.',
	},
	HOST_STILL_UP: { retry: false, next: 'Let it leave by itself with `covey leave HOST`, or switch it off first.' },
	HOST_FORGOTTEN: { retry: false, next: 'Remove the app here, or let the host join again with its disk and retry.' },
	APPS_STAY: { retry: false, next: 'Remove the apps named first, or use --force: then their data stays on that disk.' },
	LAST_HOST: { retry: false, next: 'Stop it instead; deleting its data directory ends the cluster.' },
	TIMEOUT: { retry: true, next: 'Ask again with the same cmdId: it is applied at most once.' },
	NO_ANSWER: { retry: true, next: 'Is the host running? Start it with `covey up` or `npm start`.' },
	ACTOR_MOVED: { retry: true, next: 'Ask again; another host answers for it now.' },
	ACTOR_PARKED: { retry: false, next: 'See `covey show` for the reason, then `covey retry`.' },
	NEWER_RECORD: { retry: false, next: 'Upgrade Covey on this host; the record was left alone.' },
	RECORD_TOO_LARGE: { retry: false, next: 'This is a defect: report it with the output of `covey show --json`.' },
	// trust
	TOKEN_WRONG: { retry: false, next: 'Copy the whole token again, or make a new one with `covey token` on a member.' },
	TOKEN_EXPIRED: { retry: false, next: 'Make a new one with `covey token` on a member.' },
	TOKEN_SPENT: { retry: false, next: 'A token lets one host in; make another with `covey token` on a member.' },
	TOO_MANY_TRIES: { retry: true, next: 'Wait a minute, then try again with the right token.' },
	FOREIGN_CLUSTER: {
		retry: false,
		next: 'Somebody else answers at that address. Check it, and make a new token on a member you trust.',
	},
	VERSION_MISMATCH: { retry: false, next: 'Install the version named on this host.' },
	NOT_TRUSTED: { retry: false, next: 'Ask with a credential that may do this; see `covey credentials`.' },
	NO_KEYS: {
		retry: false,
		next: '`covey up` makes a cluster with keys, that others can join; `covey demo --secure --data DIR` tries one out.',
	},
	CLOCK_SKEW: { retry: false, next: 'Set the clock of the host named (NTP); timers and certificates depend on it.' },
	// going on alone
	RECOVERY_UNFINISHED: { retry: false, next: 'Run `covey recover --yes` again with the same --data: it goes on where it was.' },
	NO_COPY: {
		retry: false,
		next: 'Recover on another host that is left: one that voted, or one whose `covey doctor` named a copy.',
	},
	// this machine
	DATA_DIR_IN_USE: { retry: false, next: 'Stop the process named, or choose another directory with --data.' },
	DATA_DIR_UNUSABLE: { retry: false, next: 'Check the path, its owner and the free space.' },
	ADDRESS_IN_USE: { retry: false, next: 'Stop what uses the address, or choose another port.' },
	NATS_SERVER_MISSING: { retry: false, next: 'Run `npm start` once to fetch it, or set COVEY_NATS_SERVER to a binary.' },
	NATS_SERVER_TOO_OLD: { retry: false, next: 'Covey needs nats-server 2.12.4 or newer: older ones can lose or double writes.' },
	NATS_SERVER_FAILED: { retry: true, next: 'Read the nats log in the data directory.' },
	NATS_STORE_CORRUPT: { retry: false, next: 'Move the nats store aside; the other voters copy the data back.' },
	INTERNAL: { retry: true, next: 'This is a defect: report it with the log line.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof table;
export const ERRORS: Record<ErrorCode, ErrorEntry> = table;

/** An error as it crosses a wire or lands in a record. */
export interface WireError {
	code: ErrorCode;
	/** What happened and why, one sentence. */
	message: string;
	/** What to do next. */
	next: string;
	details?: { [key: string]: unknown };
}

export class CoveyError extends Error {
	readonly code: ErrorCode;
	readonly details: { [key: string]: unknown } | undefined;
	override name = 'CoveyError';

	constructor(code: ErrorCode, message: string, options: { details?: { [key: string]: unknown }; cause?: unknown } = {}) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.code = code;
		this.details = options.details;
	}
}

/** Full disk, quota, file size limit. */
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The one way in: whatever was thrown becomes a CoveyError; what is not known is INTERNAL. */
export function toCoveyError(thrown: unknown, fallback: ErrorCode = 'INTERNAL'): CoveyError {
	if (thrown instanceof CoveyError) return thrown;
	const message = thrown instanceof Error ? thrown.message : String(thrown);
	if (NO_ROOM.has(systemCode(thrown) ?? ''))
		return new CoveyError('DISK_FULL', `The disk is full: ${message}`, { cause: thrown });
	return new CoveyError(fallback, message, { cause: thrown });
}

/** The one way out. */
export function toWire(thrown: unknown, fallback: ErrorCode = 'INTERNAL'): WireError {
	const error = toCoveyError(thrown, fallback);
	const wire: WireError = { code: error.code, message: error.message, next: ERRORS[error.code].next };
	if (error.details) wire.details = error.details;
	return wire;
}

/** An error that came over a wire, thrown again on this side. */
export function fromWire(wire: WireError): CoveyError {
	const code = wire.code in ERRORS ? wire.code : 'INTERNAL';
	return new CoveyError(code, wire.message, wire.details ? { details: wire.details } : {});
}

function systemCode(thrown: unknown): string | undefined {
	return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : undefined;
}
