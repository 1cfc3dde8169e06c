// Every version the set-up decides on, in one place.

export const NODE_MINIMUM = '22.18.0';
export const PRIVATE_NODE = '24.21.0';
export const NATS_MINIMUM = '2.12.4';
export const NATS_PINNED = '2.15.1';

// The archives of the project's own release and their SHA-256, as its maintainers publish them with their container images.
export const NATS_RELEASE = {
	version: '2.14.5',
	sha256: {
		'linux-amd64': '5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355',
		'linux-arm64': '673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c',
		'linux-arm7': 'c8796b63a8603fdebabd63146ac3d3997c29a2829fdd2af6db320f4a287f2e71',
	},
};

// Programs only the tests run, and the Debian package that brings each.
export const TEST_TOOLS = [
	{ program: 'syncthing', debianPackage: 'syncthing' },
	{ program: 'radicale', debianPackage: 'radicale' },
	{ program: 'transmission-daemon', debianPackage: 'transmission-daemon' },
	{ program: 'ip', debianPackage: 'iproute2' },
	{ program: 'pg_dump', debianPackage: 'postgresql' },
	{ program: 'mariadbd', debianPackage: 'mariadb-server' },
	{ program: 'redis-server', debianPackage: 'redis-server' },
	{ program: 'cc', debianPackage: 'build-essential' },
];
