// The text beside an exported app. Pure.
import { type Exporting, portNumber } from './values.ts';

/** How the data was copied. */
export interface Copied {
	from: string;
	at: Date;
	state: 'stopped' | 'running';
	/** Paths that changed meanwhile. */
	torn: readonly string[];
	/** Names of databases whose dumps are there. */
	dumped: readonly string[];
}

export function readme(exporting: Exporting, copied: Copied, variables: readonly string[]): string {
	const { entry, instance, ports, notes } = exporting;
	const web = entry.ports.find((port) => port.web !== undefined);
	const address = web ? `http://localhost:${portNumber(entry, ports, web.name)}${web.web}` : null;
	const shared = [...new Set(entry.volumes.flatMap((volume) => volume.shared ?? []))];
	const steps = [
		...(variables.length > 0
			? [`Write the values into the file \`.env\`: ${variables.join(', ')}. They are secrets, so they were not copied.`]
			: []),
		...notes,
		...(shared.length > 0
			? [
					`Put what the app shares with others (${shared.join(', ')}) into \`shared/\`, or name other folders in \`compose.yaml\`.`,
				]
			: []),
		'Start it in this folder: `docker compose up -d`, or `podman compose up -d`.',
		...(address === null ? [] : [`It answers at ${address}.`]),
	];
	return [
		`# ${entry.title} (${instance})`,
		`This folder runs ${entry.title} without Covey. It needs Docker or Podman with Compose.`,
		'## What to do',
		steps.map((step, index) => `${index + 1}. ${step}`).join('\n'),
		'## What is here',
		[
			'- `compose.yaml`: how it runs',
			'- `data/`: its data, one folder for each volume',
			...('build/Dockerfile' in exporting.files ? ['- `build/`: what its image is made of'] : []),
		].join('\n'),
		dataWords(copied),
		'The app goes on where it came from. Before you use this copy, stop it there: two copies grow apart.',
	]
		.join('\n\n')
		.concat('\n');
}

function dataWords({ from, at, state, torn }: Copied): string {
	const when = `The data was copied from the host ${from} at ${at.toISOString()}`;
	if (state === 'stopped') return `${when}, while the app was stopped: it is whole.`;
	const changed =
		torn.length > 0
			? ` These changed meanwhile:\n\n${torn
					.slice(0, 50)
					.map((path) => `- ${path}`)
					.join('\n')}`
			: '';
	return `${when}, **while the app was running**: files that it wrote meanwhile may be torn, databases above all. Export it again while it is stopped to be sure.${changed}`;
}
