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
import { type ClientIdentity, connectNats } from './nats/connect.ts';
import { inboxPrefix } from './nats/inbox.ts';
import { type NatsLinks, natsLinks } from './nats/links.ts';
import { type NatsServer, startNatsServer } from './nats/server.ts';
import program from './package.json' with { type: 'json' };
import { ProgressNews, QUESTIONS } from './runtime/api/contract.ts';
import { diagnose } from './runtime/api/doctor.ts';
import { hostRows } from './runtime/api/host-rows.ts';
import { startHttp } from './runtime/api/http.ts';
import { answersOf, findEntry } from './runtime/api/questions.ts';
import { serve } from './runtime/api/serve.ts';
import { trustAnswersOf } from './runtime/api/trust-answers.ts';
import type { Client, Runners } from './runtime/cli/client.ts';
import { runCli } from './runtime/cli/run.ts';
import { CoveyError, toWire } from './runtime/engine/errors.ts';
import { machineIds } from './runtime/engine/versions.ts';
import { type ClusterSettings, localHosts, readSettings, writeSettings } from './runtime/host/cluster-settings.ts';
import { type DataDir, defaultHostName, openDataDir } from './runtime/host/data-dir.ts';
import { type ReadyHost, runDemo } from './runtime/host/demo.ts';
import { assertNotDeparted, clearDeparture, hasDeparted } from './runtime/host/departure.ts';
import { type Discovery, startDiscovery } from './runtime/host/discovery.ts';
import { startHost } from './runtime/host/host.ts';
import { speakers, startHostTrust } from './runtime/host/host-trust.ts';
import { joinCluster } from './runtime/host/join-cluster.ts';
import { keepMember } from './runtime/host/keep-member.ts';
import { type HostLog, openLog } from './runtime/host/log.ts';
import { ownFacts } from './runtime/host/own-facts.ts';
import { foundHost, ownMember, type Trusted, trustedOf } from './runtime/host/own-trust.ts';
import { publishFacts } from './runtime/host/publish-facts.ts';
import { realClock } from './runtime/host/real-clock.ts';
import { type Ending, untilSignal } from './runtime/host/until-signal.ts';
import { fingerprintOf } from './runtime/trust/ca.ts';
import { hasFoundingToPublish, publishFounding } from './runtime/trust/founding.ts';
import { filesOf, readIdentity } from './runtime/trust/identity.ts';
import { registerJoin } from './runtime/trust/join-server.ts';
import type { ClusterKey } from './runtime/trust/seal.ts';
import { parseToken } from './runtime/trust/tokens.ts';

/** Told on `covey.event.members.changed`. */
const MEMBERS_CHANGED = 'members.changed';
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
	join: (options) => untilSignal((ending) => joinAsHost(options, ending)),
	recover: async () => {
		throw new CoveyError('NOT_ALLOWED_NOW', 'not yet');
	},
	demo: ({ dataDir, hosts, secure, json }) =>
		untilSignal(({ signal }) =>
			runDemo({
				dataDir,
				hosts,
				secure,
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
	assertNotDeparted(options.dataDir);
	if (!known && options.witness)
		throw new CoveyError('USAGE', 'A witness votes in a cluster that exists: use `covey join TOKEN --witness`.');
	if (known && options.bind !== null && options.bind !== known.address)
		throw new CoveyError('USAGE', `This host is known to others by its address ${known.address}; start it without --bind.`);
	const dataDir = openDataDir({ path: options.dataDir, host: known?.host ?? options.name ?? defaultHostName(), now: Date.now() });
	try {
		const { host } = dataDir.identity;
		const settings = known ?? (await foundHost(dataDir, { host, bind: options.bind, witness: false }));
		await runServer(options.json, settings, dataDir, ending);
	} finally {
		dataDir.close();
	}
}

/** A machine with a token becomes a member, then runs as one. Nothing is kept of a join that was refused. */
async function joinAsHost(options: Parameters<Runners['join']>[0], ending: Ending): Promise<void> {
	const invitation = parseToken(options.token, Date.now());
	const isMember = readSettings(options.dataDir);
	if (isMember && !hasDeparted(options.dataDir))
		throw new CoveyError('USAGE', `${options.dataDir} belongs to a host already: start it with \`covey up\`.`);
	const dataDir = openDataDir({ path: options.dataDir, host: options.name ?? defaultHostName(), now: Date.now() });
	try {
		const { host } = dataDir.identity;
		const settings = await joinCluster({
			invitation: { ...invitation, addresses: [...options.peers, ...invitation.addresses] },
			wanted: { host, bind: options.bind, witness: options.witness },
			folder: dataDir.folder('trust'),
			version: program.version,
		});
		clearDeparture(options.dataDir);
		writeSettings(options.dataDir, settings);
		if (!options.json) process.stdout.write(`${host} is a member of ${settings.role.cluster} now.\n`);
		await runServer(options.json, settings, dataDir, ending);
	} finally {
		dataDir.close();
	}
}

async function runServer(json: boolean, settings: ClusterSettings, dataDir: DataDir, ending: Ending): Promise<void> {
	const log = openLog(dataDir.file('covey.log'), settings.host);
	const mine = trustedOf(settings, dataDir);
	const server = await startNatsServer({
		topology: topologyOf(settings),
		folder: dataDir.folder('nats'),
		trust: mine && speakers(mine.files, mine.identity, settings.role.type, mine.identity.roll),
	});
	server.onExit((reason) => log.warn({ code: reason.code }, reason.message));
	const giveUp = () => void server.stop().finally(() => process.exit(0));
	ending.signal.addEventListener('abort', giveUp, { once: true });
	if (ending.signal.aborted) giveUp();
	const started = () => ending.signal.removeEventListener('abort', giveUp);
	try {
		await runHost(json, settings, dataDir, mine, server, log, ending, started);
	} finally {
		await server.stop();
	}
}

async function runHost(
	json: boolean,
	settings: ClusterSettings,
	dataDir: DataDir,
	mine: Trusted | null,
	server: NatsServer,
	log: HostLog,
	ending: Ending,
	/** From here on it can be ended in order; until then, waiting for a leader or for peers, it is just given up. */
	started: () => void,
): Promise<void> {
	const { host, incarnation } = dataDir.identity;
	const role = () => server.topology.role;
	const connection = { servers: [server.url], name: `covey ${host}`, identity: mine && clientIdentity(host, mine) };
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
	if (settings.role.type === 'voter') await prepareStore(server, settings.role.voters);
	if (mine && hasFoundingToPublish(mine.folder))
		await publishFounding(mine.folder, links.documents, {
			cluster: settings.role.cluster,
			clusterKey: mine.identity.clusterKeys[0] as ClusterKey,
			now: Date.now(),
		});
	const trust =
		mine &&
		startHostTrust({
			...mine,
			cluster: settings.role.cluster,
			version: program.version,
			clock: realClock,
			documents: links.documents,
			role,
			apply: (who) => server.reload(who),
			onRenewed: (identity) => page.renew({ cert: identity.certificate, key: identity.key }),
			askVoter: links.askHost,
			announce: () => links.publish({ type: 'event', event: MEMBERS_CHANGED }, { host, at: Date.now() }),
			onFailure: (thrown, what) => log.warn({ error: toWire(thrown) }, what),
		});
	const refresh = () => void trust?.refresh().catch(() => undefined);
	links.hear(MEMBERS_CHANGED, refresh);
	const keepingMember = keepMember(realClock, links.documents, ownMember(settings, mine, program.version), role, {
		written: refresh,
		failure: (thrown) => log.warn({ error: toWire(thrown) }, 'the own member document was not written'),
	});
	const catalog = openCatalog();
	const { promise: departed, resolve: depart } = Promise.withResolvers<'alone'>();
	const driver = await openProcessDriver({ data: dataDir.path, warn: (error) => log.warn({ code: error.code }, error.message) });
	const running = await startHost({
		dataDir,
		links: { ...links, natsPid: () => server.pid, natsUrl: server.url, voter: role() === 'voter' },
		kinds: KINDS,
		driver,
		entry: (app) => findEntry(catalog, app),
		knownEntry: (app) => catalog.get(app),
		address: settings.address,
		bind: settings.address,
		appPorts: settings.appPorts,
		trashData: async (instance) => (await driver.removeData(instance)) !== null,
		onDeparted: (words) => {
			log.warn({ type: 'departed' }, words);
			process.stderr.write(`${host}: ${words}\n`);
			depart('alone');
		},
		observe: (observation) => log.info(observation),
	});
	const http = `${mine ? 'https' : 'http'}://${settings.address}:${settings.ports.http}`;
	const measure = ownFacts({
		dataDir,
		version: program.version,
		http,
		nats: server.url,
		drivers: [driver.name],
		machines: machineIds(KINDS),
		voter: () => role() === 'voter',
		natsPid: () => server.pid,
		cordoned: () => running.standing().phase !== 'member',
		witness: settings.witness,
	});
	const facts = await publishFacts(realClock, running.documents, host, measure, (thrown) =>
		log.warn({ error: toWire(thrown) }, 'facts were not written'),
	);
	const records = () => [...running.engine.index().values()].map(({ record }) => record);
	const hosts = async () => hostRows(await running.hosts.list(), records(), running.membership);
	const knownMachines = new Set(machineIds(KINDS));
	const discovery = mine && !settings.address.startsWith('127.') ? discover(settings, mine, links, log) : null;
	const answers = answersOf({
		host,
		trust: trustAnswersOf({ trust, discovery, cluster: settings.role.cluster, now: Date.now }),
		catalog,
		engine: running.engine,
		kinds: KINDS,
		hosts,
		candidates: () => running.placement.candidates(),
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
		answerHost: (request) => {
			if (trust) return trust.answerHost(request);
			throw new CoveyError('NOT_ALLOWED_NOW', 'This cluster has no keys.');
		},
	});
	const fault = () => (server.pid === null ? 'the nats-server is down' : (running.refusal()?.message ?? null));
	const page = await startHttp({
		bind: settings.address,
		port: settings.ports.http,
		answers,
		fault,
		lostSince: running.lostSince,
		version: program.version,
		host,
		tls: mine && { cert: mine.identity.certificate, key: mine.identity.key },
		extend: (app) =>
			trust ? registerJoin(app, { ca: trust.identity().ca, admit: trust.admit, now: () => performance.now() }) : undefined,
	});

	started();
	const ready: ReadyHost = {
		name: host,
		pid: process.pid,
		natsPid: server.pid,
		http,
		nats: server.url,
		creds: null,
		ca: mine?.files.caFile ?? null,
		data: dataDir.path,
	};
	say(json, { ready: true, host: ready }, `${host} is up: ${http}  ${server.url}\n`);
	const how = await Promise.race([ending.asked, departed]);
	await page.stop();
	await discovery?.stop();
	keepingMember.stop();
	trust?.stop();
	facts.stop();
	await running.stop({ leave: how === 'alone' });
	await links.close();
}

/** Covey's own apps, and those of the folder COVEY_CATALOG. Throws BAD_CATALOG. */
function openCatalog(): Catalog {
	const own = process.env.COVEY_CATALOG;
	return own ? loadCatalog(OWN_APPS, own) : loadCatalog();
}

/** The streams, as the one user that may make them. */
async function prepareStore(server: NatsServer, voters: number): Promise<void> {
	const nc = await connectNats({ ...server.own('growth'), name: 'covey growth' });
	try {
		await ensureBuckets(nc, voters);
	} finally {
		await nc.close();
	}
}

function clientIdentity(host: string, { files, identity }: Trusted): ClientIdentity {
	return { ...files, seed: identity.seed, inbox: inboxPrefix({ type: 'host', name: host }) };
}

function discover(settings: ClusterSettings, { identity }: Trusted, links: NatsLinks, log: HostLog): Discovery {
	const ca = fingerprintOf(identity.ca).slice(0, 16);
	const { host, address, ports, role } = settings;
	return startDiscovery({
		address,
		announce: { host, cluster: role.cluster, ca, version: program.version, port: ports.http },
		onFound: (found) => links.publish({ type: 'event', event: 'host.discovered' }, found),
		onTrouble: (message) => log.warn({ message }, 'other hosts cannot be heard on this network'),
	});
}

function topologyOf({ host, address, ports, role, install }: ClusterSettings): Parameters<typeof startNatsServer>[0]['topology'] {
	const common = { name: host, install, address, port: ports.nats, monitorPort: ports.monitor };
	return role.type === 'voter'
		? { role: 'voter', ...common, cluster: role.cluster, clusterPort: ports.cluster, leafPort: ports.leaf, routes: role.routes }
		: { role: 'leaf', ...common, remotes: role.remotes };
}

async function openClient(dataDir: string): Promise<Client> {
	const hosts = localHosts(dataDir);
	const [first] = hosts;
	if (!first) throw new CoveyError('NO_ANSWER', `There is no Covey host in ${dataDir}.`);
	const client = await openNatsClient(
		hosts.map(({ address, ports }) => `nats://${address}:${ports.nats}`),
		`cli:${userInfo().username}`,
		first.secure ? localIdentity(first.dataDir, first.host) : null,
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

/** Whoever may read a host's keys speaks as that host. */
function localIdentity(dataDir: string, host: string): ClientIdentity {
	const folder = join(dataDir, 'trust');
	const identity = readIdentity(folder);
	if (!identity) throw new CoveyError('DATA_DIR_UNUSABLE', `The keys of ${host} are missing from ${folder}.`);
	return clientIdentity(host, { folder, identity, files: filesOf(folder) });
}

function say(json: boolean, data: object, words: string): void {
	process.stdout.write(json ? `${JSON.stringify(data)}\n` : words);
}

function readyWords(hosts: ReadyHost[]): string {
	const width = Math.max(...hosts.map(({ name }) => name.length));
	const lines = hosts.map(({ name, http, nats }) => `  ${name.padEnd(width)}  ${http}  ${nats}`);
	return `\nCovey is up, ${hosts.length} host${hosts.length === 1 ? '' : 's'}:\n${lines.join('\n')}\n\nTry, in another terminal:\n  npx covey install actual-budget --wait\n  npx covey hosts\n\nCtrl-C ends it; the next start brings everything back.\n`;
}
