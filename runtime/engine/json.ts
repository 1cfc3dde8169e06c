/** Null where the text is no JSON: the schema that reads it says what is wrong. */
export function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
