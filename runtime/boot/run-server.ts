// A host's life around its nats-server, which is there before it and goes after it.
import type { ClusterSettings } from '../host/cluster-settings.ts';
import type { HostLog } from '../host/log.ts';
import { trustedOf } from '../host/own-trust.ts';
import type { HostRun } from './host-run.ts';
import { startOwnServer } from './own-server.ts';

/** As what a host lives. */
export interface Life {
	openLog(file: string, host: string): HostLog;
	/** Resolves when it has ended. */
	run(run: HostRun): Promise<void>;
}

export interface ServerRun extends Pick<HostRun, 'json' | 'ending' | 'dataDir'> {
	settings: ClusterSettings;
	live: Life;
}

/** Until it is up, waiting for a leader or for peers, it is just given up; from then on it is ended in order. */
export async function runServer({ settings, dataDir, live, ...run }: ServerRun): Promise<void> {
	const log = live.openLog(dataDir.file('covey.log'), settings.host);
	const own = await startOwnServer(settings, dataDir, trustedOf(settings, dataDir));
	own.nats.onExit((reason) => log.warn({ code: reason.code }, reason.message));
	const giveUp = () => void own.nats.stop().finally(() => process.exit(0));
	const { signal } = run.ending;
	signal.addEventListener('abort', giveUp, { once: true });
	if (signal.aborted) giveUp();
	try {
		await live.run({ ...run, dataDir, own, log, onStarted: () => signal.removeEventListener('abort', giveUp) });
	} finally {
		await own.nats.stop();
	}
}
