// Which apps have to be installed for one, and what will be connected with what. Pure.
import type { Facets, Integration } from './facets.ts';
import type { Graph } from './graph.ts';
import type { Installed, PlanChoice, PlanOption, Refusal, Wire } from './install-plan.ts';

/** What a person wants of an install; everything else is found out. */
export interface Choices {
	/** Apps or instances to be connected with; one that is not installed is installed, too. */
	with: readonly string[];
	/** Take the recommended app where a required choice is open. */
	recommended: boolean;
}

export interface NewApp {
	instance: string;
	app: Facets;
	/** The instance that needs it; null: it was asked for. */
	for: string | null;
}

export interface Resolved {
	/** In the order of installing. */
	apps: NewApp[];
	choices: PlanChoice[];
	configures: Wire[];
	reconfigures: Wire[];
}

interface Around {
	graph: Graph;
	installed: readonly Installed[];
}

type There = Pick<Installed, 'instance' | 'app'>;

export function resolve(
	app: Facets,
	instance: string,
	choices: Choices,
	around: Around,
): { status: 'resolved'; resolved: Resolved } | { status: 'refused'; refusal: Refusal } {
	const work = new Resolution(choices, around);
	work.add(app, instance, null, []);
	const useless = choices.with.filter((name) => !work.used.has(name));
	if (useless.length > 0) return { status: 'refused', refusal: uselessChoice(app, useless, around.graph) };
	return { status: 'resolved', resolved: { ...work.resolved, reconfigures: gains(work.resolved.apps, around) } };
}

class Resolution {
	readonly resolved: Omit<Resolved, 'reconfigures'> = { apps: [], choices: [], configures: [] };
	/** Names of `with` that led to something. */
	readonly used = new Set<string>();
	readonly #choices: Choices;
	readonly #around: Around;
	readonly #names: Set<string>;

	constructor(choices: Choices, around: Around) {
		this.#choices = choices;
		this.#around = around;
		this.#names = new Set(around.installed.map(({ instance }) => instance));
	}

	/** `path`: the apps that wait for this one; none of them can serve it. */
	add(app: Facets, instance: string, wantedBy: string | null, path: readonly string[]): void {
		this.#names.add(instance);
		for (const integration of app.integrations) this.#connect(app, instance, integration, [...path, app.name]);
		this.resolved.apps.push({ instance, app, for: wantedBy });
	}

	#connect(app: Facets, instance: string, integration: Integration, path: readonly string[]): void {
		const able = this.#around.graph.servers(app.name, integration.name);
		const there = this.#there(able);
		const named = this.#byPerson(instance, integration, able, there, path);
		const partners = named.length > 0 ? named : this.#byItself(instance, integration, able, there, path);
		for (const partner of partners)
			this.resolved.configures.push({
				instance,
				integration: integration.name,
				words: integration.words,
				with: partner.instance,
			});
		const options = this.#options(integration, able, there, path);
		if (options.length < 2 && (options.length === 0 || partners.length > 0)) return;
		const chosen = partners[0]?.instance ?? null;
		this.resolved.choices.push({
			instance,
			integration: integration.name,
			words: integration.words,
			required: integration.required,
			options,
			chosen,
			by: chosen === null ? null : named.length > 0 ? 'person' : 'recommended',
		});
	}

	/** What `with` names; where several are taken, those that are there besides. */
	#byPerson(
		instance: string,
		{ many }: Integration,
		able: readonly string[],
		there: readonly There[],
		path: readonly string[],
	): There[] {
		const names = this.#choices.with;
		const wanted = there.filter((one) => names.includes(one.instance) || names.includes(one.app));
		const fresh = able.filter(
			(name) => names.includes(name) && !there.some((one) => one.app === name) && this.#installable(name, path),
		);
		for (const name of [...fresh, ...wanted.flatMap((one) => [one.instance, one.app])]) this.used.add(name);
		const partners = many ? [...wanted] : wanted.slice(0, 1);
		for (const name of many ? fresh : fresh.slice(0, 1 - partners.length)) partners.push(this.#bring(name, instance, path));
		if (partners.length > 0 && many) partners.push(...there.filter((one) => !partners.includes(one)));
		return partners;
	}

	/** What is there is used; what is required and has one way goes that way. */
	#byItself(
		instance: string,
		integration: Integration,
		able: readonly string[],
		there: readonly There[],
		path: readonly string[],
	): There[] {
		if (there.length > 0) return integration.many ? [...there] : there.slice(0, 1);
		if (!integration.required) return [];
		const open = able.filter((name) => this.#installable(name, path));
		const [only] = open;
		return only !== undefined && (open.length === 1 || this.#choices.recommended) ? [this.#bring(only, instance, path)] : [];
	}

	#bring(name: string, wantedBy: string, path: readonly string[]): There {
		const planned = this.resolved.apps.find(({ app }) => app.name === name);
		if (planned) return { instance: planned.instance, app: name };
		const instance = this.#freeName(name);
		this.add(this.#facets(name), instance, wantedBy, path);
		return { instance, app: name };
	}

	/** Installed or planned before, in the order of `able`. */
	#there(able: readonly string[]): There[] {
		const planned = this.resolved.apps.map(({ instance, app }) => ({ instance, app: app.name }));
		const all = [...this.#around.installed.filter(({ present }) => present), ...planned];
		return able.flatMap((name) => all.filter(({ app }) => app === name));
	}

	#options(integration: Integration, able: readonly string[], there: readonly There[], path: readonly string[]): PlanOption[] {
		return able.flatMap((name): PlanOption[] => {
			const { title, memory } = this.#facets(name);
			const recommended = name === (integration.recommended ?? able[0]);
			const instances = there.filter((one) => one.app === name);
			if (instances.length > 0)
				return instances.map((one) => ({ app: name, title, instance: one.instance, memoryBytes: 0, recommended }));
			return this.#installable(name, path) ? [{ app: name, title, instance: null, memoryBytes: memory.min, recommended }] : [];
		});
	}

	/** Its required integrations can be met without an app that waits for it. */
	#installable(name: string, path: readonly string[]): boolean {
		if (path.includes(name)) return false;
		const { graph, installed } = this.#around;
		return this.#facets(name).integrations.every(({ name: integration, required }) => {
			if (!required) return true;
			const able = graph.servers(name, integration);
			return (
				able.some((one) => installed.some((app) => app.present && app.app === one)) ||
				able.some((one) => this.#installable(one, [...path, name]))
			);
		});
	}

	#freeName(name: string): string {
		for (let count = 1; ; count++) {
			const free = count === 1 ? name : `${name}-${count}`;
			if (!this.#names.has(free)) return free;
		}
	}

	#facets(name: string): Facets {
		return this.#around.graph.get(name) as Facets;
	}
}

/** What installed apps will use once the new ones are there: what they lack, and what they take several of. */
function gains(apps: readonly NewApp[], { graph, installed }: Around): Wire[] {
	const present = installed.filter((one) => one.present);
	return apps.flatMap(({ instance, app }) =>
		graph.usersOf(app.name).flatMap((use) => {
			const integration = graph.get(use.app)?.integrations.find(({ name }) => name === use.integration);
			if (!integration) return [];
			const able = graph.servers(use.app, use.integration);
			const served = present.some((one) => able.includes(one.app));
			if (served && !integration.many) return [];
			return present
				.filter((one) => one.app === use.app)
				.map((one) => ({ instance: one.instance, integration: integration.name, words: integration.words, with: instance }));
		}),
	);
}

function uselessChoice(app: Facets, useless: readonly string[], graph: Graph): Refusal {
	const able = [...new Set(app.integrations.flatMap(({ name }) => graph.servers(app.name, name)))];
	const words = able.length > 0 ? `it can use ${able.join(', ')}` : 'it uses no other app';
	return {
		code: 'BAD_REQUEST',
		message: `${app.name} cannot be connected with ${useless.join(', ')}; ${words}.`,
		details: { useless, able },
	};
}
