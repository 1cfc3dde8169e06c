// What the life of any host begins and ends with.
import type { DataDir } from '../host/data-dir.ts';
import type { ReadyHost } from '../host/demo.ts';
import type { HostLog } from '../host/log.ts';
import type { Ending } from '../host/until-signal.ts';
import type { OwnServer } from './own-server.ts';

export interface HostRun {
	json: boolean;
	dataDir: DataDir;
	own: OwnServer;
	log: HostLog;
	ending: Ending;
	/** From here on it can be ended in order. */
	onStarted(): void;
}

/** `departed` resolves when this host is told that it is no member any more. */
export function departing(host: string, log: HostLog) {
	const { promise: departed, resolve } = Promise.withResolvers<'alone'>();
	return {
		departed,
		onDeparted(words: string): void {
			log.warn({ type: 'departed' }, words);
			process.stderr.write(`${host}: ${words}\n`);
			resolve('alone');
		},
	};
}

export function sayReady({ json, dataDir, own, http }: Pick<HostRun, 'json' | 'dataDir' | 'own'> & { http: string }): void {
	const { host } = dataDir.identity;
	const ready: ReadyHost = {
		name: host,
		pid: process.pid,
		natsPid: own.nats.pid,
		http,
		nats: own.nats.url,
		creds: null,
		ca: own.mine?.files.caFile ?? null,
		data: dataDir.path,
	};
	process.stdout.write(json ? `${JSON.stringify({ ready: true, host: ready })}\n` : `${host} is up: ${http}  ${own.nats.url}\n`);
}
