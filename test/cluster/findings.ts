// What a scenario left behind, read from the store, the hosts' logs, journals and plans, the disks and the process table.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { HostPlan } from '../../actors/drivers/plan.ts';
import { connectNats } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { natsStore } from '../../nats/store.ts';
import { timeline } from '../../nats/timeline.ts';
import type { ActorRecord, Stored } from '../../runtime/engine/record.ts';
import type { DemoCluster } from '../helpers/demo-cluster.ts';

export interface Findings {
	/** Every actor's committed records, oldest first. */
	histories: Map<string, Stored[]>;
	hosts: HostFindings[];
	/** App processes alive now. */
	units: { instance: string; host: string; pid: number }[];
	/** Replies that a client got: each must be in the history, once. */
	acknowledged: Acknowledged[];
}

export interface Acknowledged {
	actor: string;
	seq: number;
	cmdId?: string;
}

export interface HostFindings {
	host: string;
	/** The log's observations in the order they were made. */
	log: LogLine[];
	jobs: { key: string; actor: string; epoch: number; token: number; effect: string; state: string; created: number }[];
	plan: HostPlan | null;
	/** Instances with a data folder here. */
	data: string[];
}

export interface LogLine {
	type: string;
	at: number;
	[field: string]: unknown;
}

export async function gather(cluster: DemoCluster, acknowledged: Acknowledged[] = []): Promise<Findings> {
	const names = [...cluster.hosts.keys()];
	const nc = await connectNats({ servers: [...cluster.hosts.values()].map(({ nats }) => nats), name: 'verifier' });
	try {
		const documents = natsDocuments(nc);
		const histories = new Map<string, Stored[]>();
		for (const { record } of await natsStore(nc).scan()) histories.set(`${record.kind}/${record.id}`, await timeline(nc, record));
		const hosts: HostFindings[] = [];
		for (const host of names) {
			const folder = join(cluster.folder, host);
			const plan = await documents.read('plans', host);
			hosts.push({
				host,
				log: readLog(join(folder, 'covey.log')),
				jobs: readJobs(join(folder, 'jobs.db')),
				plan: plan ? HostPlan.parse(plan.value) : null,
				data: list(join(folder, 'apps')),
			});
		}
		return { histories, hosts, units: names.flatMap((host) => unitsOf(host, join(cluster.folder, host))), acknowledged };
	} finally {
		await nc.close();
	}
}

function readLog(file: string): LogLine[] {
	if (!existsSync(file)) return [];
	return readFileSync(file, 'utf8')
		.split('\n')
		.flatMap((line) => {
			try {
				const { time, ...rest } = JSON.parse(line) as { time: string };
				return [{ ...rest, at: Date.parse(time) } as LogLine];
			} catch {
				// kill -9 may leave half a line.
				return [];
			}
		});
}

function readJobs(file: string): HostFindings['jobs'] {
	if (!existsSync(file)) return [];
	const db = new Database(file, { readonly: true });
	try {
		return db
			.prepare('SELECT key, actor, epoch, token, effect, state, created FROM jobs ORDER BY created')
			.all() as HostFindings['jobs'];
	} finally {
		db.close();
	}
}

const list = (folder: string): string[] =>
	existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(join(folder, name, '.covey.json'))) : [];

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
