// Takes what looks like a secret out of text that leaves an effect: notes, output lines, error messages. Effects must not
// write secrets in the first place; this is for what other programs print.
const HIDDEN = '***';

const PATTERNS: readonly [RegExp, string][] = [
	// password=…, "apiKey": "…", NPM_TOKEN=…
	[/((?:password|passwd|passphrase|secret|token|api[-_]?key|private[-_]?key)["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi, `$1${HIDDEN}`],
	[/(authorization["']?\s*[=:]\s*["']?(?:basic|bearer)?\s*)[^\s"',;]+/gi, `$1${HIDDEN}`],
	[/(\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi, `$1${HIDDEN}`],
	// https://user:password@host
	[/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi, `$1${HIDDEN}`],
	// Seeds of NATS keys
	[/\bS[ACNOUX][A-Z2-7]{56}\b/g, HIDDEN],
	[/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
];

export function redactSecrets(text: string): string {
	return PATTERNS.reduce((clean, [pattern, to]) => clean.replace(pattern, to), text);
}
