// The edge where a command's bytes become a command.
import { CoveyError } from './errors.ts';
import type { Kind } from './kind.ts';
import type { Command } from './ports.ts';

/** Untrusted in, a command of the kind out, or BAD_REQUEST naming every field that is wrong. */
export function parseCommand(kind: Pick<Kind, 'command'>, payload: unknown): { command: Command } | { error: CoveyError } {
	const envelope = payload as Partial<Command> | null;
	if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope))
		return { error: new CoveyError('BAD_REQUEST', 'the payload is not a JSON object') };
	const { cmdId, by = 'anonymous', repeat = false, ...rest } = envelope;
	if (typeof cmdId !== 'string' || cmdId.length < 1 || cmdId.length > 64)
		return { error: new CoveyError('BAD_REQUEST', 'cmdId must be a text of 1-64 characters, new for each command') };
	if (typeof repeat !== 'boolean') return { error: new CoveyError('BAD_REQUEST', 'repeat must be true or false') };
	const sender = { cmdId, by: String(by).slice(0, 64), repeat };
	if (rest.type === 'actor.unpark') return { command: { ...sender, type: rest.type } };
	const parsed = kind.command.safeParse(rest);
	if (parsed.success) return { command: { ...parsed.data, ...sender } };
	const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`);
	return {
		error: new CoveyError('BAD_REQUEST', `the command does not fit its schema: ${problems.join('; ')}`, {
			details: { problems },
		}),
	};
}
