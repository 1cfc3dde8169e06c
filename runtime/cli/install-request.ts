// What a person wishes of an install, from the options of `covey install` and `covey plan install`.
import { DATABASE_TYPES } from '../../catalog/schema/partners.ts';
import { Port } from '../../machines/install/contract.ts';
import { Dedicated, type PlanInstall } from '../api/plan-contract.ts';
import { CoveyError } from '../engine/errors.ts';
import type { Client } from './client.ts';

export interface InstallWishes {
	name?: string;
	host?: string;
	port?: string[];
	with?: string[];
	recommended?: boolean;
	dedicated?: string[];
	fresh?: boolean;
	/** Fingerprint of the plan that is accepted. */
	plan?: string;
}

/** Rejects with USAGE. */
export async function installRequest(client: Client, app: string, wishes: InstallWishes): Promise<PlanInstall> {
	const { name, host, port, with: partners, recommended, dedicated, fresh, plan } = wishes;
	return {
		app,
		...(name === undefined ? {} : { name }),
		...(host === undefined ? {} : { host }),
		...(port?.length ? { ports: await portsOf(client, app, port) } : {}),
		...(partners?.length ? { with: partners } : {}),
		...(recommended ? { recommended } : {}),
		...(dedicated?.length ? { dedicated: dedicatedTypes(dedicated) } : {}),
		...(fresh ? { fresh } : {}),
		...(plan === undefined ? {} : { plan }),
	};
}

/** The command that accepts exactly this plan. */
export function acceptWords(
	app: string,
	{ name, host, port = [], with: partners = [], recommended, dedicated = [], fresh }: InstallWishes,
	plan: string,
): string {
	const options = [
		...(name === undefined ? [] : ['--name', name]),
		...(host === undefined ? [] : ['--host', host]),
		...port.flatMap((wish) => ['--port', wish]),
		...partners.flatMap((partner) => ['--with', partner]),
		...(recommended ? ['--recommended'] : []),
		...dedicated.flatMap((type) => ['--dedicated', type]),
		...(fresh ? ['--fresh'] : []),
		'--plan',
		plan,
	];
	return `covey install ${app} ${options.join(' ')}`;
}

function dedicatedTypes(wishes: string[]): NonNullable<PlanInstall['dedicated']> {
	const parsed = Dedicated.safeParse(wishes);
	if (parsed.success) return parsed.data;
	throw new CoveyError('USAGE', `--dedicated takes ${DATABASE_TYPES.join(', ')}; not "${wishes.join(' ')}".`);
}

/** `web=8080`, or `8080` for the app's first port. */
async function portsOf(client: Client, app: string, wishes: string[]): Promise<Record<string, number>> {
	const ports: Record<string, number> = {};
	for (const wish of wishes) {
		const [, name, digits] = /^(?:([a-z0-9-]+)=)?(\d{1,5})$/.exec(wish) ?? [];
		if (digits === undefined || !Port.safeParse(Number(digits)).success)
			throw new CoveyError('USAGE', `--port takes PORT or NAME=PORT, from 1 to 65535, not "${wish}".`);
		ports[name ?? (await firstPort(client, app))] = Number(digits);
	}
	return ports;
}

async function firstPort(client: Client, app: string): Promise<string> {
	const { apps } = await client.ask('catalog', {});
	const [first] = apps.find(({ name }) => name === app)?.ports ?? [];
	if (first) return first.name;
	throw new CoveyError('USAGE', `${app} has no port to choose.`);
}
