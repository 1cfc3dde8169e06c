// Highest random weight: every host comes to the same choice without asking another.

/** FNV-1a with a final mix: the same on every host. */
export function rendezvous(name: string, host: string): number {
	let hash = 0x811c9dc5;
	for (const char of `${host}|${name}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
	hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}
