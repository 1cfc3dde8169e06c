// covey catalog show APP
import type { CatalogApp } from '../api/catalog-contract.ts';
import { CatalogView } from '../api/catalog-view.ts';
import { duration, size } from './format/units.ts';
import { sections, wrap } from './format/wrap.ts';
import type { Session } from './session.ts';

export async function catalogShow(session: Session, app: string): Promise<number> {
	const answer = await session.withClient((client) => client.ask('catalog.show', { app }));
	session.show(answer, () => describe(session, answer));
	return 0;
}

function describe({ paint, width }: Session, { app, entry, uses, usedBy, instances }: CatalogApp): string {
	const view = CatalogView.parse(entry);
	const head = `${paint.bold(app.title)} (${app.name}), ${app.category}, ${view.license}${app.catalog === 'covey' ? '' : `, from ${app.catalog}`}`;
	const about = [head, wrap(app.summary, width), ...(app.homepage === null ? [] : [app.homepage])].join('\n');
	const parts = [
		{ title: 'To know', lines: view.notes },
		{ title: 'Needs', lines: needLines(view) },
		{ title: 'Runs', lines: runLines(view) },
		{ title: 'Ports', lines: view.ports.map(portLine) },
		{ title: 'Data', lines: dataLines(view) },
		{
			title: 'Uses',
			lines: uses.map(
				({ words, required, apps }) => `${words}${required ? ' (required)' : ''}: ${apps.join(', ') || 'no app of the catalog'}`,
			),
		},
		{
			title: 'Serves',
			lines: usedBy.map((use) => `${use.app} as ${use.integration}${use.required ? ' (required there)' : ''}`),
		},
		{ title: 'Login', lines: loginLines(view) },
		{ title: 'Widgets', lines: view.widgets.map(({ title, summary }) => `${title}: ${summary}`) },
		{ title: 'Installed', lines: instances },
	].filter(({ lines }) => lines.length > 0);
	return `${about}\n\n${sections(parts, width, paint.bold)}\n\nWhat an install would do: covey plan install ${app.name}`;
}

function needLines({ resources: { memory, disk, cores }, arch, devices, labels }: CatalogView): string[] {
	const amount = ({ min, recommended }: { min: number; recommended?: number | undefined }) =>
		`${size(min)}${recommended === undefined || recommended === min ? '' : `, better ${size(recommended)}`}`;
	return [
		`memory: ${amount(memory)}`,
		`disk: ${amount(disk)}`,
		`cores: ${cores}`,
		...(arch.length > 0 ? [`processor: ${arch.join(' or ')}`] : []),
		...devices.map(({ path, required, why }) => `${path}${required ? '' : ' (if there is one)'}: ${why}`),
		...Object.entries(labels).map(([name, value]) => `a host labelled ${name}=${value}`),
	];
}

function runLines({ process, services, health }: CatalogView): string[] {
	return [
		...(process?.type === 'npm' ? [`npm package ${process.package} ${process.version}`] : []),
		...(process?.type === 'go' ? [`program of the Go module ${process.package} ${process.version}, built on its host`] : []),
		...(process?.type === 'binary'
			? [`program ${process.program}${process.minVersion ? ` ${process.minVersion} or newer` : ''}`]
			: []),
		...Object.entries(services).map(([name, { image }]) => `container ${name}: ${image}`),
		...Object.values(services).flatMap(({ volumes }) =>
			volumes.flatMap((mount) =>
				mount.type === 'bind' ? [`sees ${mount.source} of the host${mount.read_only ? ', read only' : ''}`] : [],
			),
		),
		...(health === null ? [] : [`well within ${duration(health.startPeriod)} of a start`]),
	];
}

const portLine = ({ name, default: port, protocol, web, fixed }: CatalogView['ports'][number]): string =>
	`${name}: ${port}${protocol === 'udp' ? ' (udp)' : ''}${web === undefined ? '' : ', in the browser'}${fixed ? ', no other will do' : ''}`;

function dataLines({ volumes, databases }: CatalogView): string[] {
	return [
		...volumes.map(({ name, state, shared }) => {
			if (shared !== undefined) return `volume ${name}: the host's shared folder "${shared}", stays when the app moves`;
			return `volume ${name}: ${state ? 'moves with the app' : 'can be made again'}`;
		}),
		...databases.map(
			({ type, server, state }) =>
				`${type} database, ${server === 'shared' ? 'on a shared server' : 'on a server of its own'}${state ? '' : ', can be made again'}`,
		),
	];
}

function loginLines({ sso, secrets }: CatalogView): string[] {
	const ways = { oidc: 'OpenID Connect', header: 'a header of the proxy', proxy: 'asked for by the proxy', ldap: 'LDAP' };
	return [
		...(sso ? [`single sign-on: ${ways[sso.type]}${sso.byHand === undefined ? '' : `. ${sso.byHand}`}`] : []),
		...secrets.filter(({ shown }) => shown).map(({ name }) => `${name}: made when it is installed`),
	];
}
