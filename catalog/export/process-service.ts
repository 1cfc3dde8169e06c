// An app that ran without a container, as one: its npm package or its program is put into an image that Compose builds. Pure.
import type { CatalogEntry } from '../entry.ts';
import type { Process } from '../schema/process.ts';
import { serverOf } from './database-server.ts';
import { filled, folderOf } from './services.ts';
import { type Exporting, portNumber, type Values } from './values.ts';

export function processService(exporting: Exporting, values: Values): object {
	const { entry, ports, notes } = exporting;
	const { process } = entry;
	if (!process) return {};
	const more = { ...placesOf(entry), ...(process.type === 'npm' ? npmPlaces(process) : programPlaces(process)) };
	addBuild(exporting, process);
	for (const { name, files = {} } of entry.volumes)
		for (const [path, text] of Object.entries(files))
			if (text.includes('${bind}'))
				notes.push(`data/${name}/${path} may name the address of the host it came from; where it does, write 0.0.0.0 instead.`);
	return filled({
		build: './build',
		restart: 'unless-stopped',
		command: process.command.map((text) => values.fill(text, more)),
		environment: Object.fromEntries(Object.entries(process.env).map(([name, text]) => [name, values.fill(text, more)])),
		// The number is part of its command or its files, so it is the same inside.
		ports: entry.ports.map(({ name, protocol }) => {
			const number = portNumber(entry, ports, name);
			return `${number}:${number}${protocol === 'udp' ? '/udp' : ''}`;
		}),
		volumes: entry.volumes.map(({ name }) => `${folderOf(exporting, name)}:/data/${name}`),
		depends_on: Object.fromEntries(
			entry.databases.map((database) => [serverOf(database).host, { condition: 'service_started' }]),
		),
		healthcheck: process.type === 'npm' ? npmHealth(exporting) : undefined,
		stop_grace_period: `${Math.ceil(entry.stopTimeout / 1000)}s`,
	});
}

const placesOf = ({ volumes }: CatalogEntry): Record<string, string> => ({
	bind: '0.0.0.0',
	node: 'node',
	...Object.fromEntries(volumes.map(({ name }) => [`volume.${name}`, `/data/${name}`])),
});

const npmPlaces = (process: Extract<Process, { type: 'npm' }>): Record<string, string> => ({
	package: `/app/node_modules/${process.package}`,
});

const programPlaces = (process: Exclude<Process, { type: 'npm' }>): Record<string, string> =>
	process.type === 'go' ? { program: `${GO_BIN}/program`, bin: GO_BIN } : { program: process.program, bin: '/usr/bin' };

const GO_BIN = '/usr/local/bin';

function addBuild({ files, notes }: Exporting, process: Process): void {
	if (process.type === 'npm') {
		const { package: name, version, overrides } = process;
		const wanted = { private: true, dependencies: { [name]: version }, ...(overrides ? { overrides } : {}) };
		files['build/package.json'] = `${JSON.stringify(wanted, null, '\t')}\n`;
		files['build/Dockerfile'] = [
			'FROM docker.io/library/node:24-slim',
			'WORKDIR /app',
			'COPY package.json ./',
			'RUN npm install --omit=dev --no-audit --no-fund',
			'',
		].join('\n');
		return;
	}
	if (process.type === 'go') {
		files['build/Dockerfile'] = [
			'FROM docker.io/library/golang:1 AS build',
			'ENV CGO_ENABLED=0 GOBIN=/out',
			`RUN go install -trimpath ${process.package}@v${process.version} && mv /out/* /program`,
			'',
			'FROM docker.io/library/debian:13-slim',
			'COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/',
			`COPY --from=build /program ${GO_BIN}/program`,
			'',
		].join('\n');
		return;
	}
	files['build/Dockerfile'] = [
		'FROM docker.io/library/debian:13-slim',
		`RUN apt-get update && apt-get install --yes --no-install-recommends ${process.program} && rm -rf /var/lib/apt/lists/*`,
		'',
	].join('\n');
	notes.push(
		`The image takes ${process.program} from Debian, where the package is assumed to be called so, too; its version may be another than on the host it came from.`,
	);
}

/** By Node itself, since the image has nothing else to ask with. */
function npmHealth({ entry, ports }: Exporting): object | undefined {
	const { health } = entry;
	if (health?.check.type !== 'http') return undefined;
	const { port, path, expect } = health.check;
	const good = expect ? `[${expect.join(',')}].includes(r.status)` : 'r.status<400';
	const address = `http://127.0.0.1:${portNumber(entry, ports, port)}${path}`;
	const script = `fetch(${JSON.stringify(address)},{redirect:'manual'}).then(r=>process.exit(${good}?0:1),()=>process.exit(1))`;
	return {
		test: ['CMD', 'node', '-e', script.replaceAll('$', '$$$$')],
		interval: '10s',
		timeout: '5s',
		retries: health.retries,
		start_period: `${Math.ceil(health.startPeriod / 1000)}s`,
	};
}
