// `node-red` is short for `install/node-red`.
import { CoveyError } from '../engine/errors.ts';
import { type ActorRef, Name } from '../engine/record.ts';

/** Throws USAGE for what cannot be a name. */
export function actorRef(text: string): ActorRef {
	const [kind = '', id = ''] = text.includes('/') ? text.split('/') : ['install', text];
	const parsed = [Name.safeParse(kind), Name.safeParse(id)];
	if (parsed.every(({ success }) => success) && text.split('/').length <= 2) return { kind, id };
	throw new CoveyError('USAGE', `"${text}" cannot be the name of an app or actor: use a-z, 0-9 and "-".`);
}
