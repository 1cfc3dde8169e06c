// covey leave --abandon: a host whose cluster went on without it gives it up, on its own. Its apps end, their data stays; then it may
// join again, with its disk.
import { join } from 'node:path';
import { emptyPlan } from '../../actors/drivers/plan.ts';
import { openProcessDriver } from '../../actors/drivers/process/process-driver.ts';
import { endOrphansBelow } from '../../nats/orphans.ts';
import type { Runners } from '../cli/client.ts';
import { CoveyError } from '../engine/errors.ts';
import { readSettings } from '../host/cluster-settings.ts';
import { lockFolder } from '../host/data-dir-lock.ts';
import { noteIn } from '../host/departure.ts';
import { assertNotRecovering } from '../host/recovery-file.ts';

/** Harmless to repeat. Rejects with NO_ANSWER, USAGE, DATA_DIR_IN_USE or RECOVERY_UNFINISHED. */
export async function abandon({ dataDir, host, json, print }: Parameters<Runners['abandon']>[0]): Promise<number> {
	const settings = readSettings(dataDir);
	if (!settings) throw new CoveyError('NO_ANSWER', `There is no Covey host in ${dataDir}.`);
	if (host !== null && host !== settings.host)
		throw new CoveyError('USAGE', `${dataDir} belongs to ${settings.host}: --abandon is for the host of this machine only.`);
	assertNotRecovering(dataDir);
	const release = lockFolder(dataDir, Date.now());
	try {
		// First of all: from here on it starts nothing any more.
		noteIn(dataDir, settings.host, Date.now());
		await endOrphansBelow(join(dataDir, 'nats'));
		const driver = await openProcessDriver({ data: dataDir, warn: () => undefined });
		await driver.adoptOrphans(emptyPlan(settings.host));
		await driver.shutdown();
	} finally {
		release();
	}
	const words = [
		`${settings.host} has given up the cluster ${settings.role.cluster}; its apps are stopped, their data stays in ${dataDir}.`,
		'To bring it into a cluster with its disk: `covey token` on a member, then here',
		`  covey join TOKEN --data ${dataDir}`,
	];
	print(json ? JSON.stringify({ host: settings.host, abandoned: settings.role.cluster }) : words.join('\n'));
	return 0;
}
