/** A set-up that cannot go on: what happened, why, and what the person can do. */
export class SetupFailure extends Error {
	constructor(what, { why, next }) {
		super(`${what}\n  Why: ${why}\n  What to do: ${next}`);
		this.name = 'SetupFailure';
		this.why = why;
	}
}

/** The last lines of a program's output: where it says what went wrong. */
export function lastLines(text, count = 8) {
	const lines = text.split('\n').map((line) => line.trimEnd());
	return lines.filter(Boolean).slice(-count).join('\n    ');
}
