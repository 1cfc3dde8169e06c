// Plans in plain words, for people. Pure; nothing is decided here.
import { DATABASE_NAMES, ownServer } from './database-servers.ts';
import type { InstallPlan, PlanChoice, PlanStep, RankedHost, RemovePlan } from './install-plan.ts';
import { size } from './quantity.ts';

export interface Section {
	title: string;
	/** One thought each, without a line end. */
	lines: string[];
}

/** Sections without anything to say are left out. */
export function describeInstall(plan: InstallPlan): Section[] {
	return [
		{
			title: 'To be chosen',
			lines: plan.choices.filter((choice) => choice.required && choice.chosen === null).flatMap(openLines),
		},
		{ title: plan.steps.length > 1 ? 'Will be installed, in this order' : 'Will be installed', lines: plan.steps.map(stepLine) },
		...plan.steps.map((step) => ({ title: `Why ${step.host} for ${step.instance}`, lines: hostLines(step.hosts) })),
		{ title: 'Ports', lines: plan.steps.flatMap(portLines) },
		{
			title: 'Set up by itself',
			lines: plan.configures.map((wire) => `${wire.instance} uses ${wire.with} as ${bare(wire.words)}`),
		},
		{
			title: 'Changes in installed apps',
			lines: plan.reconfigures.map((wire) => `${wire.instance} will use ${wire.with} as ${bare(wire.words)}`),
		},
		{ title: 'Databases', lines: plan.steps.flatMap(databaseLines) },
		{ title: 'Needs', lines: needLines(plan) },
		{ title: 'Can be chosen, too', lines: plan.choices.flatMap(freeLines) },
	].filter(({ lines }) => lines.length > 0);
}

export function describeRemoval(plan: RemovePlan): Section[] {
	const { data } = plan;
	const things = [
		...data.volumes.map((volume) => `volume ${volume}`),
		...data.databases.map((type) => `${DATABASE_NAMES[type]} database`),
	];
	const fate = data.kept ? 'kept; an install of the same name finds it again' : 'moved to the trash';
	return [
		{ title: 'Stands against it', lines: plan.blockers.map(({ words }) => words) },
		{
			title: 'Will be removed',
			lines: [
				`${plan.instance}${plan.host === null ? '' : ` from ${plan.host}`}, which frees ${size(plan.freesBytes)} of memory`,
			],
		},
		{
			title: 'Changes in installed apps',
			lines: [
				...plan.unconfigures.map((wire) => `${wire.instance} loses ${wire.with} as ${bare(wire.words)}`),
				...plan.reconfigures.map((wire) => `${wire.instance} will use ${wire.with} as ${bare(wire.words)}`),
			],
		},
		{ title: 'Data', lines: things.length > 0 ? [`${things.join(', ')}: ${fate}`] : ['it has none'] },
		{
			title: 'Nobody uses afterwards',
			lines: [
				...plan.leftovers.map((instance) => `${instance}, which was installed for it`),
				...plan.lastOf.map((type) => `the shared ${DATABASE_NAMES[type]} server of ${plan.host ?? 'its host'}`),
			],
		},
	].filter(({ lines }) => lines.length > 0);
}

/** The plan in one line each, for `covey install`. */
export function essenceOf(plan: InstallPlan): string[] {
	const steps = plan.steps.map((step) => `${step.instance} on ${step.host}${portsOf(step)}`);
	const wires = [...plan.configures, ...plan.reconfigures].map((wire) => `${wire.instance} with ${wire.with}`);
	const own = plan.steps.flatMap(({ instance, databases }) =>
		databases.filter(({ server }) => server === 'dedicated').map(({ type }) => ownServer(instance, type)),
	);
	const saved = plan.totals.savedBytes > 0 ? `, ${size(plan.totals.savedBytes)} saved by shared databases` : '';
	return [
		`Installs ${steps.join(', then ')}.`,
		...(own.length > 0 ? [`Starts ${own.join(', ')} for it alone.`] : []),
		...(wires.length > 0 ? [`Connects ${wires.join(', ')}.`] : []),
		`Needs ${size(plan.totals.memoryBytes)} of memory and ${size(plan.totals.diskBytes)} of disk${saved}; takes ${time(plan.totals.seconds)}.`,
	];
}

/** One line for each option of a choice that is open. */
export function openLines(choice: PlanChoice): string[] {
	const options = choice.options.map(
		({ app, title, recommended, memoryBytes }) =>
			`  --with ${app}: ${title}, ${size(memoryBytes)} of memory${recommended ? ' (recommended)' : ''}`,
	);
	return [`${choice.instance} requires ${choice.words}:`, ...options];
}

function stepLine(step: PlanStep): string {
	const why = step.for === null ? '' : `, which ${step.for} needs`;
	return `${step.title} as ${step.instance} on ${step.host}${why}`;
}

function hostLines(hosts: readonly RankedHost[]): string[] {
	return hosts.map(
		({ host, score, reasons }) => `${host}, ${score === null ? 'ruled out' : `${score} of 100`}: ${reasons.join(', ')}`,
	);
}

function portLines(step: PlanStep): string[] {
	return step.ports.map(({ name, port, protocol, why }) => {
		const kind = protocol === 'udp' ? ' (udp)' : '';
		return `${step.instance} ${name}: ${port}${kind}${why === null ? '' : `, as ${why}`}`;
	});
}

function databaseLines({ instance, host, databases }: PlanStep): string[] {
	return databases.map(({ type, server, memoryBytes, savedBytes }) => {
		const title = DATABASE_NAMES[type];
		if (server === 'shared') return `${instance} shares the ${title} server of ${host}, which saves ${size(savedBytes)}`;
		const begun =
			server === 'new'
				? `a ${title} server is started on ${host}, for this and later apps`
				: `${ownServer(instance, type)}, a ${title} server for ${instance} alone, is started on ${host}`;
		return `${begun}: ${size(memoryBytes)} of memory`;
	});
}

function needLines({ totals, steps }: InstallPlan): string[] {
	const fetches = steps.flatMap((step) => step.fetches);
	return [
		`${size(totals.memoryBytes)} of memory, ${size(totals.diskBytes)} of disk`,
		...(fetches.length > 0 ? [`fetches ${fetches.join(', ')}`] : []),
		`takes ${time(totals.seconds)}`,
	];
}

function freeLines(choice: PlanChoice): string[] {
	const others = choice.options.filter(({ app, instance }) => instance !== choice.chosen && app !== choice.chosen);
	if (others.length === 0 || (choice.required && choice.chosen === null)) return [];
	const names = others.map(({ app, instance, recommended }) => `${instance ?? app}${recommended ? ' (recommended)' : ''}`);
	const now = choice.chosen === null ? 'none chosen' : `${choice.chosen} is taken`;
	return [`${choice.words} for ${choice.instance}: ${now}; --with ${names.join(', ')}`];
}

const portsOf = (step: PlanStep): string => {
	const web = step.ports.filter((port) => port.web);
	const shown = web.length > 0 ? web : step.ports;
	return shown.length > 0 ? ` (port ${shown.map(({ port }) => port).join(', ')})` : '';
};

/** `a download client` → `download client` */
const bare = (words: string): string => words.replace(/^an? /, '');

const time = (seconds: number): string =>
	seconds < 90 ? `about ${Math.ceil(seconds / 5) * 5} s` : `about ${Math.round(seconds / 60)} min`;
