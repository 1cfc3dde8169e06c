// Reads apt's sources in both of their formats, and writes the same mirror with another suite.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The binary sources under an apt folder: `{ uris, suites, components, signedBy }[]`. */
export function readSources(folder) {
	const parts = join(folder, 'sources.list.d');
	const names = existsSync(parts) ? readdirSync(parts).sort() : [];
	const files = [join(folder, 'sources.list'), ...names.map((name) => join(parts, name))].filter(existsSync);
	return files.flatMap((file) => {
		if (file.endsWith('.list')) return parseOneLine(readFileSync(file, 'utf8'));
		return file.endsWith('.sources') ? parseDeb822(readFileSync(file, 'utf8')) : [];
	});
}

/** The suites that may have a newer package, oldest first: an older one asks less of this machine's libraries. */
export function newerSuites({ id, like, codename }) {
	if (id === 'ubuntu' || like.split(' ').includes('ubuntu')) return [codename, `${codename}-backports`, 'devel'];
	return [codename, `${codename}-backports`, 'testing', 'unstable'];
}

/** One deb822 text that offers `suite` from the mirrors of `sources`. */
export function sourcesFor(suite, sources) {
	const paragraphs = sources.map(({ uris, components, signedBy }) => {
		const lines = ['Types: deb', `URIs: ${uris.join(' ')}`, `Suites: ${suite}`, `Components: ${components.join(' ')}`];
		return [...lines, ...(signedBy ? [`Signed-By: ${signedBy}`] : [])].join('\n');
	});
	return `${paragraphs.join('\n\n')}\n`;
}

export function parseOneLine(text) {
	return text.split('\n').flatMap((line) => {
		const match = /^\s*deb\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)\s+(?<components>[^#]+)/.exec(line);
		if (!match?.groups) return [];
		const { options = '', uri, suite, components } = match.groups;
		const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
		return [{ uris: [uri], suites: [suite], components: words(components), signedBy }];
	});
}

export function parseDeb822(text) {
	const paragraphs = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
	return paragraphs.map(fieldsOf).flatMap((fields) => {
		if (!words(fields.types).includes('deb') || words(fields.enabled).includes('no')) return [];
		const lists = { uris: words(fields.uris), suites: words(fields.suites), components: words(fields.components) };
		return [{ ...lists, signedBy: fields['signed-by'] }];
	});
}

// A line that begins with a space goes on with the field above it; an inline key is such a field.
function fieldsOf(paragraph) {
	const fields = {};
	let last = '';
	for (const line of paragraph.split('\n')) {
		const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
		if (match) {
			last = match[1].toLowerCase();
			fields[last] = match[2].trimEnd();
		} else if (last && /^\s/.test(line)) fields[last] += `\n${line}`;
	}
	return fields;
}

function words(text = '') {
	return text.split(/\s+/).filter(Boolean);
}
