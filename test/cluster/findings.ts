// What a scenario left behind, read from the store, the hosts' logs, journals and plans, the disks and the process table.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { HostPlan } from '../../actors/drivers/plan.ts';
import { Identity } from '../../actors/drivers/process/volumes.ts';
import { ACTOR_HISTORY, ACTORS } from '../../nats/buckets.ts';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import type { ClientIdentity } from '../../nats/connection-options.ts';
import { history } from '../../nats/direct-get.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { inboxPrefix } from '../../nats/inbox.ts';
import { natsStore } from '../../nats/store.ts';
import { recordSubject } from '../../nats/subjects.ts';
import { timeline } from '../../nats/timeline.ts';
import type { ActorRecord, Stored } from '../../runtime/engine/record.ts';
import { filesOf, readIdentity } from '../../runtime/trust/identity.ts';
import type { Acknowledged } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';

export interface Findings {
	/** Every actor's committed records, oldest first. */
	histories: Map<string, Committed[]>;
	hosts: HostFindings[];
	/** App processes alive now. */
	units: { instance: string; host: string; pid: number }[];
	/** What the test apps saw themselves: one line for each start beside another of the same instance. */
	doubles: string[];
	/** Replies that a client got: each must be in the history, once. */
	acknowledged: Acknowledged[];
	/** What was written into apps, and what they have of it. */
	planted: Planted[];
	/** By how much the clock of a host was ever behind the others, ms; 0 where nobody touched the clocks. */
	behindMs?: number;
}

/** `at`: when the store took it, ms; null where only the record's own time is left. */
export type Committed = Stored & { at: number | null };

export interface Planted {
	instance: string;
	text: string;
	/** Content of the volume on the host that the actor names; null when there is none. */
	onDisk: string | null;
	/** What the app answers; null when it does not. */
	served: string | null;
}

export interface HostFindings {
	host: string;
	/** The log's observations in the order they were made. */
	log: LogLine[];
	jobs: { key: string; actor: string; epoch: number; token: number; effect: string; state: string; created: number }[];
	plan: HostPlan | null;
	/** The latest built generation has these. */
	built: string[];
	/** Instances with data here, by their identity files, and the volumes that are there. */
	data: { identity: Identity; volumes: string[] }[];
}

export interface LogLine {
	type: string;
	at: number;
	[field: string]: unknown;
}

/** Where a scenario left its traces. */
export interface LeftBehind {
	/** Each host's data directory lies in it. */
	folder: string;
	/** Where the test apps note their lives. */
	witness: string;
	hosts: ReadonlyMap<string, FoundHost>;
	acknowledged: Acknowledged[];
	/** What was written into apps, by instance. */
	planted: ReadonlyMap<string, string>;
}

export interface FoundHost {
	/** `nats://127.0.0.1:4222` */
	nats: string;
	/** Data directory, with its keys where the cluster has such. */
	data: string;
}

/** Whoever may read a host's keys speaks as that host; null in a cluster without keys. */
export function identityIn(data: string): ClientIdentity | null {
	const folder = join(data, 'trust');
	const identity = readIdentity(folder);
	if (!identity) return null;
	return { ...filesOf(folder), seed: identity.seed, inbox: inboxPrefix({ type: 'host', name: identity.host }) };
}

export async function gather(cluster: LeftBehind): Promise<Findings> {
	const names = [...cluster.hosts.keys()];
	const found = [...cluster.hosts.values()];
	const identity = found[0] ? identityIn(found[0].data) : null;
	const nc = await connectNats({ servers: found.map(({ nats }) => nats), name: 'verifier', identity });
	try {
		const documents = natsDocuments(nc);
		const histories = await readHistories(nc, new Set(cluster.acknowledged.map(({ actor }) => actor)));
		const hosts: HostFindings[] = [];
		for (const host of names) {
			const folder = join(cluster.folder, host);
			const plan = await documents.read('plans', host);
			hosts.push({
				host,
				log: readLog(join(folder, 'covey.log')),
				jobs: readJobs(join(folder, 'jobs.db')),
				plan: plan ? HostPlan.parse(plan.value) : null,
				built: readBuilt(join(folder, 'current', 'generation.json')),
				data: readData(join(folder, 'apps')),
			});
		}
		const doubles = join(cluster.witness, 'doubles');
		return {
			histories,
			hosts,
			units: names.flatMap((host) => unitsOf(host, join(cluster.folder, host))),
			doubles: existsSync(doubles) ? linesOf(readFileSync(doubles, 'utf8')) : [],
			acknowledged: cluster.acknowledged,
			planted: await readPlanted(cluster, histories),
		};
	} finally {
		await nc.close();
	}
}

/** All come from any replica, so they are read until every known actor is there, and each until it has the record that the leader knows. */
async function readHistories(nc: NatsConnection, known: ReadonlySet<string>): Promise<Map<string, Committed[]>> {
	const store = natsStore(nc);
	const histories = new Map<string, Committed[]>();
	const all = await eventually('the records of all known actors can be read', async () => {
		const found = await store.scan();
		const names = new Set(found.map(({ record }) => `${record.kind}/${record.id}`));
		const missing = [...known].filter((name) => !names.has(name));
		if (missing.length > 0) throw new Error(`not yet: ${missing.join(', ')}`);
		return found;
	});
	for (const { record } of all) {
		const name = `${record.kind}/${record.id}`;
		await eventually(`the history of ${name} is complete`, async () => {
			const latest = await store.read(record);
			const times = new Map(
				(await history(nc, ACTORS, recordSubject(record), ACTOR_HISTORY, 5_000)).map(({ seq, at }) => [seq, at]),
			);
			const { records, whole } = await timeline(nc, record);
			histories.set(
				name,
				records.map((stored) => ({ ...stored, at: times.get(stored.revision) ?? null })),
			);
			return latest !== null && whole && records.at(-1)?.revision === latest.revision && times.has(latest.revision);
		});
	}
	return histories;
}

/** A host without a log is a mistake of the test, not an empty finding. */
function readLog(file: string): LogLine[] {
	return linesOf(readFileSync(file, 'utf8')).flatMap((line) => {
		try {
			const { time, ...rest } = JSON.parse(line) as { time: string };
			return [{ ...rest, at: Date.parse(time) } as LogLine];
		} catch {
			// kill -9 may leave half a line.
			return [];
		}
	});
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

function readJobs(file: string): HostFindings['jobs'] {
	const db = new Database(file, { readonly: true });
	try {
		return db
			.prepare('SELECT key, actor, epoch, token, effect, state, created FROM jobs ORDER BY created')
			.all() as HostFindings['jobs'];
	} finally {
		db.close();
	}
}

const readBuilt = (file: string): string[] =>
	existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { instances: string[] }).instances : [];

function readData(folder: string): HostFindings['data'] {
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter((name) => existsSync(join(folder, name, '.covey.json')))
		.map((name) => ({
			identity: Identity.parse(JSON.parse(readFileSync(join(folder, name, '.covey.json'), 'utf8'))),
			volumes: readdirSync(join(folder, name)).filter((one) => one !== '.covey.json'),
		}));
}

async function readPlanted(cluster: LeftBehind, histories: Findings['histories']): Promise<Planted[]> {
	const planted: Planted[] = [];
	for (const [instance, text] of cluster.planted) {
		const { host, url } = newest(histories.get(`install/${instance}`) ?? [])?.view.data ?? {};
		const file = join(cluster.folder, String(host), 'apps', instance, 'data', 'notes.txt');
		const onDisk = existsSync(file) ? readFileSync(file, 'utf8') : null;
		const served = await fetch(String(url)).then(
			(answer) => answer.text(),
			() => null,
		);
		planted.push({ instance, text, onDisk, served });
	}
	return planted;
}

/** Leaders of process groups that carry the driver's marker and live below this host's folder. */
function unitsOf(host: string, folder: string): Findings['units'] {
	const units: Findings['units'] = [];
	for (const entry of readdirSync('/proc')) {
		const pid = Number(entry);
		if (!Number.isInteger(pid)) continue;
		try {
			const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
			const marker = environment.find((one) => one.startsWith('COVEY_UNIT='));
			const home = environment.find((one) => one.startsWith('HOME='))?.slice(5) ?? '';
			const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
			const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
			if (!marker || !home.startsWith(`${folder}/`) || Number(group) !== pid || state === 'Z') continue;
			units.push({ instance: marker.slice(marker.lastIndexOf('/') + 1), host, pid });
		} catch {
			// It ended while we looked.
		}
	}
	return units;
}

export const newest = (history: readonly Stored[]): ActorRecord | undefined => history.at(-1)?.record;
