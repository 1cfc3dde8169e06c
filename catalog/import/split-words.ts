// A command line as a shell would split it, without running one. Pure.

/** Null where only a shell could tell: pipes, redirections, variables, several commands. */
export function splitWords(text: string): string[] | null {
	if (/[|&;<>`$\n(){}*?~#]/.test(text.replace(/'[^']*'|"[^"$`\\]*"/g, ''))) return null;
	const words: string[] = [];
	let word: string | null = null;
	for (const [, space, single, double, plain] of text.matchAll(/(\s+)|'([^']*)'|"((?:[^"\\]|\\.)*)"|((?:[^\s'"\\]|\\.)+)/g)) {
		if (space !== undefined) {
			if (word !== null) words.push(word);
			word = null;
		} else word = (word ?? '') + (single ?? (double ?? plain ?? '').replace(/\\(.)/g, '$1'));
	}
	return word === null ? words : [...words, word];
}
