// One host, from its data directory to its last breath: as the first of a cluster, as a member, or by a token.
import type { RunHost } from '../cli/client.ts';
import { CoveyError } from '../engine/errors.ts';
import { readSettings, writeSettings } from '../host/cluster-settings.ts';
import { defaultHostName, openDataDir } from '../host/data-dir.ts';
import { assertNotDeparted, clearDeparture, hasDeparted } from '../host/departure.ts';
import { joinCluster } from '../host/join-cluster.ts';
import { foundHost } from '../host/own-trust.ts';
import { assertNotRecovering, forgetRecovered } from '../host/recovery-file.ts';
import { beforeFolder, moveJobs } from '../host/switch-over.ts';
import type { Ending } from '../host/until-signal.ts';
import { parseToken } from '../trust/tokens.ts';
import { becomeWitness, type Launch } from './become-witness.ts';
import { lifeOf } from './life-of.ts';
import { discardRecovery } from './recover.ts';
import { runServer } from './run-server.ts';
import { VERSION } from './version.ts';

export type JoinHost = RunHost & { token: string; peers: string[] };

/** One host, from its data directory to its last breath. A witness goes on as the program `witness`. */
export async function up(options: RunHost, ending: Ending, witness: Launch): Promise<void> {
	const known = readSettings(options.dataDir);
	assertNotDeparted(options.dataDir);
	assertNotRecovering(options.dataDir);
	if (!known && options.witness)
		throw new CoveyError('USAGE', 'A witness votes in a cluster that exists: use `covey join - --witness`.');
	if (known && options.bind !== null && options.bind !== known.address)
		throw new CoveyError('USAGE', `This host is known to others by its address ${known.address}; start it without --bind.`);
	if (known?.witness) becomeWitness(options, witness);
	const dataDir = openDataDir({ path: options.dataDir, host: known?.host ?? options.name ?? defaultHostName(), now: Date.now() });
	try {
		const { host } = dataDir.identity;
		await discardRecovery(dataDir.path);
		const settings = known ?? (await foundHost(dataDir, { host, bind: options.bind, witness: false }));
		await runServer({ json: options.json, settings, dataDir, ending, live: await lifeOf(settings) });
	} finally {
		dataDir.close();
	}
}

/** A machine with a token becomes a member, then runs as one. Nothing is kept of a join that was refused. */
export async function joinAsHost(options: JoinHost, ending: Ending, witness: Launch): Promise<void> {
	const invitation = parseToken(options.token, Date.now());
	assertNotRecovering(options.dataDir);
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
			version: VERSION,
		});
		// What its jobs said belongs to the records of another cluster, or of another time of this one.
		if (isMember) moveJobs(options.dataDir, beforeFolder(options.dataDir, 'joining', Date.now()));
		writeSettings(options.dataDir, settings);
		forgetRecovered(options.dataDir);
		clearDeparture(options.dataDir);
		if (!options.json) process.stdout.write(`${host} is a member of ${settings.role.cluster} now.\n`);
		if (settings.witness) becomeWitness(options, witness);
		await runServer({ json: options.json, settings, dataDir, ending, live: await lifeOf(settings) });
	} finally {
		dataDir.close();
	}
}
