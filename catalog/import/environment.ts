// Environment variables of a Compose file, whose `${VAR:-default}` is filled from a shell that Covey does not have. Pure.
import { type Draft, freeName, nameFrom, note } from './draft.ts';

const SECRET_WORDS = /PASS|SECRET|TOKEN|(^|_)KEY|CREDENTIAL/i;

/** Texts of `NAME=value` lists and of maps, with Compose's own placeholders resolved. */
export function environmentOf(
	draft: Draft,
	service: string,
	environment: readonly string[] | { [name: string]: string | number | boolean | null } = {},
): Record<string, string> {
	const pairs = Array.isArray(environment)
		? environment.map((line): [string, string | null] => {
				const at = line.indexOf('=');
				return at < 0 ? [line, null] : [line.slice(0, at), line.slice(at + 1)];
			})
		: Object.entries(environment).map(([name, value]): [string, string | null] => [name, value === null ? null : String(value)]);
	const taken: Record<string, string> = {};
	for (const [name, value] of pairs) {
		const field = `services.${service}.environment.${name}`;
		if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) note(draft, field, 'is no name of an environment variable, so it was left out');
		else if (value === null) note(draft, field, 'comes from the shell of whoever starts it; it was left out, write a value');
		else taken[name] = resolve(draft, field, value, name);
	}
	return taken;
}

/** `$$` is a dollar; what looks like a password becomes a secret that Covey makes. */
export function resolve(draft: Draft, field: string, text: string, name = ''): string {
	const resolved = text.replace(
		/\$\$(?:\{([A-Za-z_]\w*)\}(?!\w))?|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])((?:[^{}]|\$\{[^{}]*\})*))?\}|\$([A-Za-z_][A-Za-z0-9_]*)/g,
		(whole, literal?: string, braced?: string, operator?: string, rest?: string, bare?: string) => {
			// `$NAME` means the same to the shell inside, and nothing to Covey.
			if (whole.startsWith('$$')) return `$${literal ?? ''}`;
			const variable = braced ?? bare ?? '';
			if (SECRET_WORDS.test(variable)) return secret(draft, field, variable);
			if (operator === '-' || operator === ':-') {
				note(draft, field, `\${${variable}} became its default, "${rest ?? ''}"`);
				return resolve(draft, field, rest ?? '');
			}
			if (/^TZ$|TIMEZONE/i.test(variable)) return timezonePlaceholder;
			note(draft, field, `\${${variable}} has no value here and is empty now; write one`);
			return '';
		},
	);
	// A literal that Covey would take for one of its own placeholders cannot be written; Compose files hardly have one.
	if (resolved === text && SECRET_WORDS.test(name) && /^(change.?me|password|secret|example)/i.test(text))
		return secret(draft, field, name);
	return resolved;
}

const timezonePlaceholder = '$' + '{timezone}';

/** The same variable in two places is the same secret. */
function secret(draft: Draft, field: string, variable: string): string {
	const known = draft.secrets.get(variable);
	const name =
		known?.name ?? freeName(nameFrom(variable), (one) => [...draft.secrets.values()].some((other) => other.name === one));
	draft.secrets.set(variable, { name });
	note(draft, field, `${variable} is a secret that is made when the app is installed; put your own value there to keep it`);
	return `\${secret.${name}}`;
}
