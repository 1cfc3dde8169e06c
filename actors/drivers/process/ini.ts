// INI files, as far as apps need them: sections and `key=value`. Comments are lost; keys and their order are kept.
type Ini = { [section: string]: unknown };

/** Keys before the first section lie beside the sections. */
export function readIni(text: string): Ini {
	const all: Ini = {};
	let section: Ini = all;
	for (const raw of text.split(/\r?\n/)) {
		const line = raw.trim();
		if (line === '' || line.startsWith(';') || line.startsWith('#')) continue;
		const title = /^\[([^\]]+)\]$/.exec(line)?.[1];
		if (title !== undefined && title !== '__proto__') {
			section = (all[title] as Ini | undefined) ?? {};
			all[title] = section;
			continue;
		}
		const at = line.indexOf('=');
		if (at > 0) section[line.slice(0, at).trim()] = line.slice(at + 1).trim();
	}
	return all;
}

export function writeIni(all: Ini): string {
	const isSection = (value: unknown): value is Ini => typeof value === 'object' && value !== null;
	const lines = (section: Ini) =>
		Object.entries(section)
			.filter(([, value]) => !isSection(value))
			.map(([key, value]) => `${key}=${value}`);
	const sections = Object.entries(all).flatMap(([title, value]) => (isSection(value) ? ['', `[${title}]`, ...lines(value)] : []));
	return `${[...lines(all), ...sections].join('\n').trim()}\n`;
}
