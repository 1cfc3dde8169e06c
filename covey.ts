// The one file that wires everything: the command line, and one host with its NATS server.
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openProcessDriver } from './actors/drivers/process/process-driver.ts';
import { loadCatalog } from './catalog/load.ts';
import type { HostFacts } from './machines/host/contract.ts';
import { installKind } from './machines/install/kind.ts';
import { ensureBuckets } from './nats/buckets.ts';
import { openNatsClient } from './nats/client.ts';
import { connectNats } from './nats/connect.ts';
import { natsLinks } from './nats/links.ts';
import { type NatsServer, startNatsServer } from './nats/server.ts';
import { QUESTIONS } from './runtime/api/contract.ts';
import { diagnose } from './runtime/api/doctor.ts';
import { hostRows } from './runtime/api/host-rows.ts';
import { startHttp } from './runtime/api/http.ts';
import { answersOf, findEntry } from './runtime/api/questions.ts';
import { serve } from './runtime/api/serve.ts';
import type { Client, Runners } from './runtime/cli/client.ts';
import { runCli } from './runtime/cli/run.ts';
import type { Json } from './runtime/engine/record.ts';
import { machineIds } from './runtime/engine/versions.ts';
import { choosePorts } from './runtime/host/choose-ports.ts';
import { type ClusterSettings, readSettings, writeSettings } from './runtime/host/cluster-settings.ts';
import { type DataDir, openDataDir } from './runtime/host/data-dir.ts';
import { runDemo } from './runtime/host/demo.ts';
import { createFacts } from './runtime/host/facts.ts';
import { publishFacts } from './runtime/host/facts-document.ts';
import { startHost } from './runtime/host/host.ts';
import { openLog } from './runtime/host/log.ts';
import { localHosts } from './runtime/host/local-hosts.ts';
import version from './package.json' with { type: 'json' };

const KINDS = [installKind];
const BIND = '127.0.0.1';

const runners: Runners = {
	up: (options) => untilSignal((signal) => up(options, signal)),
	demo: ({ dataDir, hosts, json }) =>
		untilSignal((signal) =>
			runDemo({
				dataDir,
				hosts,
				signal,
				hostCommand: [process.execPath, fileURLToPath(import.meta.url), 'up', '--json', '--data'],
				onReady: (ready) => say(json, { ready: true, hosts: ready }, readyWords(ready, dataDir)),
				onEnded: (name, how) => process.stderr.write(`${name} ended (${how}). Start it again with: covey up --data ${join(dataDir, name)}\n`),
			}),
		),
};
