// What this host does: its actors, jobs and apps, the catalogs it reads, the copies it keeps, and what it tells of itself.
import { keptData } from '../../actors/drivers/process/kept-data.ts';
import { layout } from '../../actors/drivers/process/layout.ts';
import type { ProcessDriver } from '../../actors/drivers/process/process-driver.ts';
import type { Vault } from '../../actors/vault.ts';
import { wantedCopy } from '../../machines/host/copies.ts';
import { keepSnapshots } from '../../nats/snapshot-rounds.ts';
import type { HostRow } from '../api/contract.ts';
import { hostRows } from '../api/host-rows.ts';
import { toWire } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import { machineIds } from '../engine/versions.ts';
import type { DataDir } from '../host/data-dir.ts';
import { finishRecovery } from '../host/finish-recovery.ts';
import { type Host, startHost } from '../host/host.ts';
import type { HostLog } from '../host/log.ts';
import { ownFacts } from '../host/own-facts.ts';
import { publishFacts } from '../host/publish-facts.ts';
import { realClock } from '../host/real-clock.ts';
import { forgetRecovered, readRecovered } from '../host/recovery-file.ts';
import { hostCatalogs } from './host-catalogs.ts';
import { hostTrash } from './host-trash.ts';
import { KINDS } from './kinds.ts';
import type { OwnLinks } from './own-links.ts';
import { type OwnServer, voterOpsOf } from './own-server.ts';
import { VERSION } from './version.ts';

export interface WorkingHostParts {
	dataDir: DataDir;
	own: OwnServer;
	line: OwnLinks;
	log: HostLog;
	driver: ProcessDriver;
	vault: Vault;
	/** Rejects when this host is told that it is no member, before it is up. */
	refused: Promise<never>;
	/** Called once when this host has left or was forgotten. */
	onDeparted(words: string): void;
	/** Called as soon as its actors and jobs are there. */
	onRunning(host: Host): void;
}

export interface WorkingHost {
	running: Host;
	catalogs: ReturnType<typeof hostCatalogs>;
	trash: ReturnType<typeof hostTrash>;
	/** Where people reach it: `https://192.0.2.7:7780`. */
	http: string;
	records(): ActorRecord[];
	hosts(): Promise<HostRow[]>;
	/** `leave`: hand the actors over; without it they stay this host's, for a cluster that stops as a whole. */
	stop(how: { leave: boolean }): Promise<void>;
}

/** Resolves when it has told of itself for the first time. Rejects with HOST_FORGOTTEN, DATA_DIR_*, BAD_CATALOG. */
export async function startWork(parts: WorkingHostParts): Promise<WorkingHost> {
	const { dataDir, own, line, log, driver, vault } = parts;
	const { host } = dataDir.identity;
	const { links } = line;
	const settings = own.settings();
	const catalogs = hostCatalogs(dataDir, links, log);
	const trash = hostTrash(dataDir.path, log);
	const starting = startHost({
		dataDir,
		links,
		voters: voterOpsOf(own, line.announce),
		kinds: KINDS,
		driver,
		vault,
		entry: catalogs.entry,
		knownEntry: (app) => catalogs.catalog.get(app),
		graph: catalogs.graph,
		address: settings.address,
		bind: settings.address,
		appPorts: settings.appPorts,
		trashData: async (instance) => (await driver.removeData(instance)) !== null,
		onDeparted: parts.onDeparted,
		observe: (observation) => log.info(observation),
	});
	const running = await Promise.race([starting, parts.refused]);
	parts.onRunning(running);
	const records = () => [...running.engine.index().values()].map(({ record }) => record);
	const hosts = async () => hostRows(await running.hosts.list(), records(), running.membership);
	const copies = keepSnapshots({
		nc: line.nc,
		folder: dataDir.file('copy'),
		cluster: settings.role.cluster,
		wanted: async () => (own.role() === 'voter' ? 'voter' : wantedCopy(false, (await hosts()).length)),
		onTrouble: (error) => log.warn({ error: toWire(error) }, "the copy of the cluster's data is not fresh"),
	});
	const finishing = finishLeftBehind(parts, running);
	const http = `${own.mine ? 'https' : 'http'}://${settings.address}:${settings.ports.http}`;
	const measure = ownFacts({
		dataDir,
		version: VERSION,
		http,
		nats: own.nats.url,
		drivers: [driver.name],
		machines: machineIds(KINDS),
		voter: () => own.role() === 'voter',
		natsPid: () => own.nats.pid,
		appPorts: settings.appPorts,
		cordoned: () => running.standing().phase !== 'member',
		witness: settings.witness,
		data: () => keptData(layout(dataDir.path)),
		copyAt: copies.completeAt,
	});
	const facts = await publishFacts(realClock, running.documents, host, measure, (thrown) =>
		log.warn({ error: toWire(thrown) }, 'facts were not written'),
	);
	return {
		running,
		catalogs,
		trash,
		http,
		records,
		hosts,
		async stop(how) {
			catalogs.stop();
			facts.stop();
			trash.stop();
			finishing?.stop();
			await running.stop(how);
			// A round that goes on ends with its connection.
			const copying = copies.stop();
			await line.stop();
			await copying;
		},
	};
}

/** Hosts that a recovery struck off the list are forgotten one by one. */
function finishLeftBehind({ dataDir, line: { links }, log }: WorkingHostParts, running: Host): { stop(): void } | null {
	const recovered = readRecovered(dataDir.path);
	return (
		recovered &&
		finishRecovery({
			host: dataDir.identity.host,
			forgotten: recovered.forgotten,
			clock: realClock,
			documents: links.documents,
			engine: running.engine,
			isDead: running.membership.isDead,
			command: links.command,
			onFinished: () => forgetRecovered(dataDir.path),
			onFailure: (thrown) => log.warn({ error: toWire(thrown) }, 'a host left behind by the recovery was not forgotten'),
		})
	);
}
