// What connecting an app with others puts into its plan: variables, values in files, calls of interfaces. The others' secrets that
// it needs become secrets of its own.
import type { CatalogEntry } from '../catalog/entry.ts';
import type { Hook } from '../catalog/schema/hooks.ts';
import { InstallData, installRef, type Use } from '../machines/install/contract.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { PlannedApp, PlannedCall } from './drivers/plan.ts';
import type { HostKit } from './kit.ts';

export interface Connections {
	env: Record<string, string>;
	edits: NonNullable<PlannedApp['edits']>;
	calls: PlannedCall[];
	/** Names of placeholders that got a value in the vault. */
	secrets: string[];
}

interface Partner {
	instance: string;
	host: string;
	url: string;
	ports: ReadonlyMap<string, number>;
	secrets: Readonly<Record<string, string>>;
}

type OwnPorts = readonly { name: string; port: number }[];

/** Rejects with DEPENDENCY_FAILED when a partner is not there. */
export async function connectionsOf(
	kit: HostKit,
	instance: string,
	entry: CatalogEntry,
	uses: readonly Use[],
	ports: OwnPorts,
): Promise<Connections> {
	const all: Connections = { env: {}, edits: [], calls: [], secrets: [] };
	for (const use of uses) {
		const hooks = entry.integrations.find(({ name }) => name === use.integration)?.hooks ?? [];
		if (hooks.length === 0) continue;
		const partner = await partnerOf(kit, use.with);
		const fill = filler(partner, use);
		for (const [index, hook] of hooks.entries())
			addHook(all, hook, fill.text, callTarget(kit, partner, ports), `${use.integration}/${use.with}/${index}`);
		const made = fill.secrets();
		await keepSecrets(kit, instance, made);
		all.secrets.push(...Object.keys(made));
	}
	return all;
}

function addHook(
	all: Connections,
	hook: Hook,
	text: (value: string) => string,
	target: (hook: Extract<Hook, { type: 'http' }>) => string,
	key: string,
): void {
	const texts = (values: Readonly<Record<string, string>>) =>
		Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]));
	if (hook.type === 'environment') Object.assign(all.env, texts(hook.set));
	else if (hook.type === 'file') all.edits.push({ ...hook, set: texts(hook.set) });
	else {
		const { method, path, headers, body, expect, look, undo, to } = hook;
		const call = (one: { method: string; path: string; headers: Record<string, string>; body?: string | undefined }) => ({
			method: one.method,
			path: text(one.path),
			headers: texts(one.headers),
			...(one.body === undefined ? {} : { body: text(one.body) }),
		});
		all.calls.push({
			key,
			to,
			base: target(hook),
			...call({ method, path, headers, body }),
			...(expect ? { expect } : {}),
			...(look ? { look: { path: text(look.path), headers: texts(look.headers), contains: text(look.contains) } } : {}),
			...(undo ? { undo: call(undo) } : {}),
		});
	}
}

function callTarget(kit: HostKit, partner: Partner, ports: OwnPorts) {
	return ({ to, port }: Extract<Hook, { type: 'http' }>): string => {
		const number = to === 'app' ? ports.find(({ name }) => name === port)?.port : partner.ports.get(port);
		if (number !== undefined) return `http://${to === 'app' ? kit.address : partner.host}:${number}`;
		throw new CoveyError(
			'BAD_CATALOG',
			`A connection calls the port ${port} of ${to === 'app' ? 'the app' : partner.instance}, which has none.`,
		);
	};
}

/** A secret of the partner gets a name of its own here; which ones are used is known when every text was filled. */
function filler(partner: Partner, { integration }: Use) {
	const used: Record<string, string> = {};
	const text = (value: string): string =>
		value.replace(/\$\{partner\.([^}]+)\}/g, (whole, word: string) => {
			if (word.startsWith('secret.')) {
				const secret = partner.secrets[word];
				if (secret === undefined)
					throw new CoveyError('BAD_CATALOG', `${partner.instance} has no ${word}, which a connection uses.`);
				const name = `partner.${integration}.${partner.instance}.${word.slice('secret.'.length)}`;
				used[name] = secret;
				return `\${${name}}`;
			}
			const port = word.startsWith('port.') ? partner.ports.get(word.slice('port.'.length)) : undefined;
			const found = { url: partner.url, host: partner.host, instance: partner.instance }[word] ?? port;
			if (found === undefined) throw new CoveyError('BAD_CATALOG', `${whole} means nothing here.`);
			return String(found);
		});
	return { text, secrets: () => used };
}

async function partnerOf(kit: HostKit, instance: string): Promise<Partner> {
	const data = InstallData.safeParse((await kit.look(installRef(instance)))?.view.data).data;
	if (!data || data.host === null || data.ports.length === 0)
		throw new CoveyError('DEPENDENCY_FAILED', `${instance} is not there to be connected with.`, { details: { instance } });
	const known = (await kit.candidates()).find(({ facts }) => facts.host === data.host);
	const host = known ? new URL(known.facts.http).hostname : kit.address;
	return {
		instance,
		host,
		url: data.url ?? '',
		ports: new Map(data.ports.map(({ name, port }) => [name, port])),
		secrets: (await kit.vault.read(instance))?.values ?? {},
	};
}

async function keepSecrets(kit: HostKit, instance: string, made: Record<string, string>): Promise<void> {
	if (Object.keys(made).length === 0) return;
	await kit.vault.change(instance, (kept) => kept && { ...kept, values: { ...kept.values, ...made } });
}
