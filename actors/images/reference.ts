// What an image's name means: which registry has it, what it is called there. Pure.

export interface ImageReference {
	/** As people know it: `docker.io`, `ghcr.io`, `127.0.0.1:5000`. */
	registry: string;
	/** `https://registry-1.docker.io`; plain HTTP for this machine only. */
	base: string;
	/** `library/redis`. */
	repository: string;
	/** What the registry is asked for: a digest, else a tag. */
	wanted: string;
	digest: string | null;
}

const DOCKER_HUB = 'docker.io';
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3})(:\d+)?$/;

/** Of a name that the catalog's schema let through: `redis:8.2`, `ghcr.io/gethomepage/homepage:v1.4@sha256:…`. */
export function parseImage(image: string): ImageReference {
	const [named = '', digest = null] = image.split('@');
	const [, path = named, tag = 'latest'] = /^(.*):([^:/]+)$/.exec(named) ?? [];
	const [first = '', ...rest] = path.split('/');
	const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
	const registry = hasRegistry ? first : DOCKER_HUB;
	const name = hasRegistry ? rest.join('/') : path;
	return {
		registry,
		base: baseOf(registry),
		repository: registry === DOCKER_HUB && !name.includes('/') ? `library/${name}` : name,
		wanted: digest ?? tag,
		digest,
	};
}

/** Docker and Podman do the same for a registry on this machine. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

const baseOf = (registry: string): string => {
	if (registry === DOCKER_HUB) return 'https://registry-1.docker.io';
	return `${isLoopback(registry) ? 'http' : 'https'}://${registry}`;
};
