// How this host takes part in its cluster: written once, read at each start (`cluster.json` in the data directory).
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';
import { jsonOf } from '../engine/json.ts';
import { Name } from '../engine/record.ts';

const Port = z.number().int().min(1).max(65_535);
const Endpoint = z.string().regex(/^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}$/, 'use ADDRESS:PORT');

export const ClusterSettings = z.object({
	schema: z.literal(1),
	host: z.string(),
	/** Where others and people reach this host. */
	address: z.string(),
	ports: z.object({ nats: Port, cluster: Port, leaf: Port, monitor: Port, http: Port }),
	role: z.discriminatedUnion('type', [
		/** Holds the cluster's data; `routes` are the cluster ports of all voters, its own too. `cluster` tells it from others. */
		z.object({
			type: z.literal('voter'),
			cluster: Name.default('covey'),
			voters: z.number().int().min(1),
			routes: z.array(Endpoint).min(1),
		}),
		/** Takes part without a vote; `remotes` are leaf ports of voters. */
		z.object({ type: z.literal('leaf'), cluster: Name.default('covey'), remotes: z.array(Endpoint).min(1) }),
	]),
	/** Which installation of its nats-server this is: +1 when it stops voting, since its old name stays barred for minutes. */
	install: z.number().int().min(1).default(1),
	/** TLS and keys for everybody; without them only hosts on loopback, for trying things out. */
	secure: z.boolean().default(false),
	/** Votes, and runs no apps. */
	witness: z.boolean().default(false),
	/** Ports for apps. `usual`: try the port the app is known for first; off where hosts share one address. */
	appPorts: z.object({ from: Port, to: Port, usual: z.boolean() }),
});
export type ClusterSettings = z.infer<typeof ClusterSettings>;

/** `covey-5f3a9c01`: random, so that no two clusters take each other's servers for their own. */
export const newClusterName = (): string => `covey-${randomBytes(4).toString('hex')}`;

const fileOf = (dataDir: string): string => join(dataDir, 'cluster.json');

/** Null for a new host. Throws DATA_DIR_UNUSABLE when the file is damaged. */
export function readSettings(dataDir: string): ClusterSettings | null {
	const file = fileOf(dataDir);
	if (!existsSync(file)) return null;
	const parsed = ClusterSettings.safeParse(jsonOf(readFileSync(file, 'utf8')));
	if (parsed.success) return parsed.data;
	throw new CoveyError(
		'DATA_DIR_UNUSABLE',
		`${file} is damaged: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}.`,
	);
}

export function writeSettings(dataDir: string, settings: ClusterSettings): void {
	writeDurably(fileOf(dataDir), `${JSON.stringify(settings, null, '\t')}\n`);
}

export type LocalHost = ClusterSettings & { dataDir: string };

/** The hosts of this machine under a directory: the one it belongs to, or all of a demo's. */
export function localHosts(dataDir: string): LocalHost[] {
	const own = readSettings(dataDir);
	if (own) return [{ ...own, dataDir }];
	if (!existsSync(dataDir)) return [];
	return readdirSync(dataDir, { withFileTypes: true }).flatMap((entry) => {
		const folder = join(dataDir, entry.name);
		const settings = entry.isDirectory() ? readSettings(folder) : null;
		return settings ? [{ ...settings, dataDir: folder }] : [];
	});
}
