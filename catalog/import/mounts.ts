// The volumes of a Compose service. Pure.
import { posix } from 'node:path';
import type { ComposeService } from './compose-file.ts';
import { type Draft, freeName, nameFrom, note } from './draft.ts';

export type DraftMount = string | { type: 'bind'; source: string; target: string; read_only?: true };

/** Paths of the host that are no data: they stay what they are. */
const SYSTEM = /^\/(var\/run|run|etc|dev|sys|proc|lib\/modules)(\/|$)/;

/** Adds volumes to the app, and temporary folders to `tmpfs`. */
export function mountsOf(draft: Draft, service: string, { volumes = [] }: ComposeService, tmpfs: string[]): DraftMount[] {
	return volumes.flatMap((volume, index) => {
		const field = `services.${service}.volumes.${index}`;
		if (typeof volume === 'string') return fromText(draft, field, volume);
		const { type, source, target, read_only = false } = volume;
		for (const key of Object.keys(volume))
			if (!['type', 'source', 'target', 'read_only'].includes(key)) note(draft, `${field}.${key}`, 'is not taken over');
		if (type === 'tmpfs') {
			tmpfs.push(target);
			return [];
		}
		if (type === 'volume' || type === 'bind') return mount(draft, field, source ?? '', target, read_only);
		note(draft, field, `mounts of the type ${type} are not taken over`);
		return [];
	});
}

/** `data:/config:ro`, `./data:/config`, `/mnt/x:/x`, `/only/inside` */
function fromText(draft: Draft, field: string, text: string): DraftMount[] {
	const plain = text
		.replace(/\$\{[A-Za-z_]\w*:?-([^}]*)\}/g, '$1')
		.replace(/\$\{?([A-Za-z_]\w*)[^}:]*\}?/g, (_, name: string) => `./${name}`);
	if (plain !== text) note(draft, field, `"${text}" names a variable; it became the volume of that name`);
	const parts = plain.split(':');
	if (parts.length === 1) return mount(draft, field, '', parts[0] ?? '', false);
	const [source = '', target = '', mode = ''] = parts;
	const options = mode.split(',').filter((option) => option !== '' && option !== 'rw' && option !== 'ro');
	if (options.length > 0) note(draft, field, `the options ${options.join(', ')} are not taken over`);
	return mount(draft, field, source, target, mode.split(',').includes('ro'));
}

function mount(draft: Draft, field: string, source: string, target: string, isReadOnly: boolean): DraftMount[] {
	if (!target.startsWith('/')) {
		note(draft, field, `"${target}" is no path in the container`);
		return [];
	}
	if (SYSTEM.test(source)) {
		note(draft, field, `sees ${source} of the host; that stays so wherever the app runs`);
		return [{ type: 'bind', source, target, ...(isReadOnly ? { read_only: true as const } : {}) }];
	}
	const name = volumeFor(draft, source, target);
	if (source.startsWith('/') || source.startsWith('.') || source.startsWith('~'))
		note(
			draft,
			field,
			`the folder ${source} became the volume ${name}; copy what is in it after the install, or make it \`shared\``,
		);
	else if (source === '')
		note(draft, field, `had no name and would have been lost with the container; it is the volume ${name} now`);
	return [`${name}:${target}${isReadOnly ? ':ro' : ''}`];
}

/** Two services that name the same source share the volume. */
function volumeFor(draft: Draft, source: string, target: string): string {
	const key = source === '' ? `${draft.volumes.size}:${target}` : source;
	const known = draft.volumes.get(key);
	if (known) return known.name;
	const wanted = nameFrom(posix.basename(source.replace(/\/+$/, '')) || posix.basename(target));
	const name = freeName(wanted === 'app' ? 'data' : wanted, (one) =>
		[...draft.volumes.values()].some((other) => other.name === one),
	);
	draft.volumes.set(key, { name });
	return name;
}
