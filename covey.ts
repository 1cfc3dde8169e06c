// The one file that wires everything: the command line, and one host with its NATS server.
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openProcessDriver } from './actors/drivers/process/process-driver.ts';
import { type Catalog, loadCatalog, OWN_APPS } from './catalog/load.ts';
import { hostKind } from './machines/host/kind.ts';
import { installKind } from './machines/install/kind.ts';
import { ensureBuckets } from './nats/buckets.ts';
import { openNatsClient } from './nats/client.ts';
import { connectNats } from './nats/connect.ts';
import { natsDocuments } from './nats/documents.ts';
import { natsLinks } from './nats/links.ts';
import { type NatsServer, startNatsServer } from './nats/server.ts';
import program from './package.json' with { type: 'json' };
import { ProgressNews, QUESTIONS } from './runtime/api/contract.ts';
import { diagnose } from './runtime/api/doctor.ts';
import { hostRows } from './runtime/api/host-rows.ts';
import { startHttp } from './runtime/api/http.ts';
import { answersOf, findEntry } from './runtime/api/questions.ts';
import { serve } from './runtime/api/serve.ts';
import type { Client, Runners } from './runtime/cli/client.ts';
import { runCli } from './runtime/cli/run.ts';
import { CoveyError, toWire } from './runtime/engine/errors.ts';
import { machineIds } from './runtime/engine/versions.ts';
import { choosePorts } from './runtime/host/choose-ports.ts';
import {
	type ClusterSettings,
	localHosts,
	newClusterName,
	readSettings,
	writeSettings,
} from './runtime/host/cluster-settings.ts';
import { type DataDir, defaultHostName, openDataDir } from './runtime/host/data-dir.ts';
import { type ReadyHost, runDemo } from './runtime/host/demo.ts';
import { assertNotDeparted } from './runtime/host/departure.ts';
import { startHost } from './runtime/host/host.ts';
import { joinPeer, publishVoter } from './runtime/host/join-peer.ts';
import { type HostLog, openLog } from './runtime/host/log.ts';
import { ownFacts } from './runtime/host/own-facts.ts';
import { publishFacts } from './runtime/host/publish-facts.ts';
import { realClock } from './runtime/host/real-clock.ts';
import { type Ending, untilSignal } from './runtime/host/until-signal.ts';

const KINDS = [installKind, hostKind];
// A host is idle most of the time: a small young generation and one malloc arena save a third of its memory (N6), and
// compiled code from the cache spares it the TypeScript stripper.
const HOST_FLAGS = ['--max-semi-space-size=1'];
const HOST_ENV = {
	MALLOC_ARENA_MAX: '1',
	MALLOC_TRIM_THRESHOLD_: '65536',
	NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/covey', import.meta.url)),
};

const runners: Runners = {
	up: (options) => untilSignal((ending) => up(options, ending)),
	demo: ({ dataDir, hosts, json }) =>
		untilSignal(({ signal }) =>
			runDemo({
				dataDir,
				hosts,
				signal,
				hostCommand: [process.execPath, ...HOST_FLAGS, fileURLToPath(import.meta.url), 'up', '--json', '--data'],
				hostEnv: HOST_ENV,
				onReady: (ready) => say(json, { ready: true, hosts: ready }, readyWords(ready)),
				onEnded: (name, how) =>
					process.stderr.write(`${name} ended (${how}). Start it again with: npx covey up --data ${join(dataDir, name)}\n`),
			}),
		),
};

process.exitCode = await runCli(process.argv.slice(2), {
	openClient,
	runners,
	version: program.version,
	defaultDataDir: process.env.COVEY_DATA ?? fileURLToPath(new URL('.covey', import.meta.url)),
	stdout: process.stdout,
	stderr: process.stderr,
	env: process.env,
});
// A host that failed on its way up has given up its lock: nothing of it may live on, whatever still holds the event loop.
setTimeout(() => process.exit(), 1_000).unref();

type UpOptions = Parameters<Runners['up']>[0];

/** One host, from its data directory to its last breath. */
async function up(options: UpOptions, ending: Ending): Promise<void> {
	const known = readSettings(options.dataDir);
	const name = known?.host ?? options.name ?? defaultHostName();
	// A host that cannot join leaves nothing behind.
	const settings = known ?? (await firstSettings(options, name));
	assertNotDeparted(options.dataDir);
	const dataDir = openDataDir({ path: options.dataDir, host: name, now: Date.now() });
	try {
		if (!known) writeSettings(options.dataDir, settings);
		const log = openLog(dataDir.file('covey.log'), name);
		const server = await startNatsServer({ topology: topologyOf(settings), folder: dataDir.folder('nats') });
		server.onExit((reason) => log.warn({ code: reason.code }, reason.message));
		const giveUp = () => void server.stop().finally(() => process.exit(0));
		ending.signal.addEventListener('abort', giveUp, { once: true });
		if (ending.signal.aborted) giveUp();
		const started = () => ending.signal.removeEventListener('abort', giveUp);
		try {
			await runHost(options, settings, dataDir, server, log, ending, started);
		} finally {
			await server.stop();
		}
	} finally {
		dataDir.close();
	}
}

async function runHost(
	options: UpOptions,
	settings: ClusterSettings,
	dataDir: DataDir,
	server: NatsServer,
	log: HostLog,
	ending: Ending,
	/** From here on it can be ended in order; until then, waiting for a leader or for peers, it is just given up. */
	started: () => void,
): Promise<void> {
	const { host, incarnation } = dataDir.identity;
	const connection = { servers: [server.url], name: `covey ${host}` };
	const nc = await connectNats(connection);
	const unreadable = new Map<string, string>();
	const links = await natsLinks(nc, {
		host,
		incarnation,
		machines: machineIds(KINDS),
		version: program.version,
		connection,
		onUnreadable: ({ key, message }) => unreadable.set(key, message),
	});
	if (settings.role.type === 'voter') {
		await ensureBuckets(nc, settings.role.voters);
		await publishVoter(links.documents, host, `${settings.address}:${settings.ports.leaf}`);
	}
	const catalog = openCatalog();
	const { promise: departed, resolve: depart } = Promise.withResolvers<'alone'>();
	const driver = await openProcessDriver({ data: dataDir.path, warn: (error) => log.warn({ code: error.code }, error.message) });
	const running = await startHost({
		dataDir,
		links: { ...links, natsPid: () => server.pid, natsUrl: server.url, voter: settings.role.type === 'voter' },
		kinds: KINDS,
		driver,
		entry: (app) => findEntry(catalog, app),
		knownEntry: (app) => catalog.get(app),
		address: settings.address,
		bind: options.bind,
		appPorts: settings.appPorts,
		trashData: async (instance) => (await driver.removeData(instance)) !== null,
		onDeparted: (words) => {
			log.warn({ type: 'departed' }, words);
			process.stderr.write(`${host}: ${words}\n`);
			depart('alone');
		},
		observe: (observation) => log.info(observation),
	});
	const http = `http://${settings.address}:${settings.ports.http}`;
	const measure = ownFacts({
		dataDir,
		version: program.version,
		http,
		nats: server.url,
		drivers: [driver.name],
		machines: machineIds(KINDS),
		voter: () => settings.role.type === 'voter',
		natsPid: () => server.pid,
		cordoned: () => running.standing().phase !== 'member',
	});
	const facts = await publishFacts(realClock, running.documents, host, measure, (thrown) =>
		log.warn({ error: toWire(thrown) }, 'facts were not written'),
	);
	const records = () => [...running.engine.index().values()].map(({ record }) => record);
	const hosts = async () => hostRows(await running.hosts.list(), records(), running.membership);
	const knownMachines = new Set(machineIds(KINDS));
	const answers = answersOf({
		host,
		catalog,
		engine: running.engine,
		kinds: KINDS,
		hosts,
		candidates: running.candidates,
		read: links.store.read,
		timeline: links.timeline,
		askHost: links.askHost,
		lostSince: running.lostSince,
		refusal: running.refusal,
		doctor: async () =>
			diagnose({
				hosts: await hosts(),
				records: records(),
				knownMachines,
				unreadable: [...unreadable.values()],
				quorum: running.lostSince() === null,
				answeredBy: host,
				catalogProblems: [],
			}),
	});
	serve({
		host,
		links,
		answers,
		engine: running.engine,
		catalog,
		driver,
		jobs: running.jobs,
		jobError: running.jobError,
		readJobLog: running.jobLogs.read,
		hosts,
		lostSince: running.lostSince,
		refusal: running.refusal,
	});
	const fault = () => (server.pid === null ? 'the nats-server is down' : (running.refusal()?.message ?? null));
	const page = await startHttp({
		bind: options.bind,
		port: settings.ports.http,
		answers,
		fault,
		lostSince: running.lostSince,
		version: program.version,
		host,
		tls: null,
	});

	started();
	const ready: ReadyHost = {
		name: host,
		pid: process.pid,
		natsPid: server.pid,
		http,
		nats: server.url,
		creds: null,
		ca: null,
		data: dataDir.path,
	};
	say(options.json, { ready: true, host: ready }, `${host} is up: ${http}  ${server.url}\n`);
	const how = await Promise.race([ending.asked, departed]);
	await page.stop();
	facts.stop();
	await running.stop({ leave: how === 'alone' });
	await links.close();
}

/** Covey's own apps, and those of the folder COVEY_CATALOG. Throws BAD_CATALOG. */
function openCatalog(): Catalog {
	const own = process.env.COVEY_CATALOG;
	return own ? loadCatalog(OWN_APPS, own) : loadCatalog();
}

/** A new host: alone, or beside the peers it was told of. */
async function firstSettings({ bind, peers }: UpOptions, host: string): Promise<ClusterSettings> {
	const ports = await choosePorts(bind, 0, new Set());
	const own = `${bind}:${ports.cluster}`;
	const role =
		peers.length === 0
			? { type: 'voter' as const, cluster: newClusterName(), voters: 1, routes: [own] }
			: { type: 'leaf' as const, cluster: 'covey', remotes: await joinPeer(peers, host, askPeer) };
	return {
		schema: 1,
		host,
		address: bind,
		ports,
		role,
		install: 1,
		secure: false,
		witness: false,
		appPorts: { from: 20_000, to: 20_999, usual: true },
	};
}

/** What a peer's store says of its voters, read over the peer's client port. */
async function askPeer(peer: string): Promise<{ voters: { host: string; leaf: string }[]; hosts: string[] }> {
	const nc = await connectNats({ servers: [`nats://${peer}`], name: 'covey join' });
	try {
		const documents = natsDocuments(nc);
		const voters = (await documents.list('config'))
			.filter(({ key }) => key.startsWith('voter-'))
			.map(({ value }) => value as { host: string; leaf: string });
		return { voters, hosts: (await documents.list('hosts')).map(({ key }) => key) };
	} finally {
		await nc.close();
	}
}

function topologyOf({ host, address, ports, role, install }: ClusterSettings): Parameters<typeof startNatsServer>[0]['topology'] {
	const common = { name: host, install, address, port: ports.nats, monitorPort: ports.monitor };
	return role.type === 'voter'
		? { role: 'voter', ...common, cluster: role.cluster, clusterPort: ports.cluster, leafPort: ports.leaf, routes: role.routes }
		: { role: 'leaf', ...common, remotes: role.remotes };
}

async function openClient(dataDir: string): Promise<Client> {
	const hosts = localHosts(dataDir);
	if (hosts.length === 0) throw new CoveyError('NO_ANSWER', `There is no Covey host in ${dataDir}.`);
	const client = await openNatsClient(
		hosts.map(({ address, ports }) => `nats://${address}:${ports.nats}`),
		`cli:${userInfo().username}`,
	);
	return {
		...client,
		ask: async (question, input) => QUESTIONS[question].output.parse(await client.ask(question, input)) as never,
		create: (kind, request) => client.create(kind, request),
		watchProgress: (ref, onProgress) => client.watchProgress(ref, (news) => onProgress(ProgressNews.parse(news))),
		watchLogs: (host, instance, onLine) =>
			client.watchLogs(host, instance, (line) => onLine(line as Parameters<typeof onLine>[0])),
	};
}

function say(json: boolean, data: object, words: string): void {
	process.stdout.write(json ? `${JSON.stringify(data)}\n` : words);
}

function readyWords(hosts: ReadyHost[]): string {
	const width = Math.max(...hosts.map(({ name }) => name.length));
	const lines = hosts.map(({ name, http, nats }) => `  ${name.padEnd(width)}  ${http}  ${nats}`);
	return `\nCovey is up, ${hosts.length} host${hosts.length === 1 ? '' : 's'}:\n${lines.join('\n')}\n\nTry, in another terminal:\n  npx covey install actual-budget --wait\n  npx covey hosts\n\nCtrl-C ends it; the next start brings everything back.\n`;
}
