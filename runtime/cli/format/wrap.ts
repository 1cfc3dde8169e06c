// Text over several lines. Pure.

/** Breaks at spaces; later lines begin under the first word. A word longer than the line stays whole. */
export function wrap(text: string, width: number, indent = ''): string {
	const [, lead = '', rest = ''] = /^(\s*)(.*)$/s.exec(text) ?? [];
	const under = `${indent}${lead}`;
	const lines: string[] = [];
	let line = under;
	let isEmpty = true;
	for (const word of rest.split(' ')) {
		if (!isEmpty && [...line].length + 1 + [...word].length > width) {
			lines.push(line);
			line = `${under}  `;
			isEmpty = true;
		}
		line += isEmpty ? word : ` ${word}`;
		isEmpty = false;
	}
	return [...lines, line].join('\n');
}

/** Titles with their lines below, wrapped. */
export function sections(
	parts: readonly { title: string; lines: readonly string[] }[],
	width: number,
	paintTitle: (text: string) => string,
): string {
	return parts
		.map(({ title, lines }) => [paintTitle(title), ...lines.map((line) => wrap(line, width, '  '))].join('\n'))
		.join('\n\n');
}
