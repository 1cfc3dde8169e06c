// The ports of a Compose service. Pure.
import type { ComposeService } from './compose-file.ts';
import { type Draft, freeName, nameFrom, note } from './draft.ts';

interface Published {
	host: number;
	target: number;
	protocol: 'tcp' | 'udp';
	name: string | null;
}

/** Adds them to the app's ports; tells which of them the service publishes. */
export function portsOf(draft: Draft, service: string, { ports = [] }: ComposeService): { name: string; target: number }[] {
	return ports.flatMap((port, index) => {
		const field = `services.${service}.ports.${index}`;
		return published(draft, field, port).map(({ host, target, protocol, name: given }) => {
			const usual = draft.ports.length === 0 && protocol === 'tcp' ? 'web' : `port-${target}`;
			const name = freeName(given === null ? usual : nameFrom(given), (one) => draft.ports.some((other) => other.name === one));
			draft.ports.push({ name, default: host, protocol });
			return { name, target };
		});
	});
}

function published(draft: Draft, field: string, port: NonNullable<ComposeService['ports']>[number]): Published[] {
	if (typeof port === 'object') {
		const { target, protocol = 'tcp', name = null } = port;
		const extra = Object.keys(port).filter((key) => !['target', 'published', 'protocol', 'name', 'mode'].includes(key));
		for (const key of extra) note(draft, `${field}.${key}`, 'is not taken over');
		return [{ host: Number(port.published ?? target), target, protocol: protocol === 'udp' ? 'udp' : 'tcp', name }];
	}
	return fromText(draft, field, String(port));
}

/** `8080:80`, `127.0.0.1:8080:80/udp`, `3000-3002:3000-3002`, `80`, and with `${PORT:-80}`. */
function fromText(draft: Draft, field: string, text: string): Published[] {
	const plain = text.replace(/\$\{[A-Za-z_]\w*:?-(\d+)\}/g, '$1');
	const match = /^(?:(\[[^\]]+\]|[^:]*[a-zA-Z.][^:]*):)?(?:(\d+)(?:-(\d+))?:)?(\d+)(?:-(\d+))?(?:\/(tcp|udp))?$/.exec(plain);
	const [, address, from, to, target, targetTo, protocol] = match ?? [];
	if (target === undefined) {
		note(draft, field, `"${text}" could not be read as a port; add it to \`ports\``);
		return [];
	}
	if (address !== undefined) note(draft, field, `the address ${address} is not taken over: Covey listens where the host does`);
	const count = targetTo === undefined ? 1 : Number(targetTo) - Number(target) + 1;
	if (count > 20 || count < 1 || (to !== undefined && Number(to) - Number(from) + 1 !== count)) {
		note(draft, field, `"${text}" is a range of ports that cannot be taken over`);
		return [];
	}
	return Array.from({ length: count }, (_, index) => ({
		host: Number(from ?? target) + index,
		target: Number(target) + index,
		protocol: protocol === 'udp' ? 'udp' : 'tcp',
		name: null,
	}));
}
