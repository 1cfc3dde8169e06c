// covey recover: a host that is left goes on alone. Everything is made ready beside what is there; only then it takes its place.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { majorityOf } from '../../machines/host/quorum.ts';
import { endOrphansBelow } from '../../nats/orphans.ts';
import type { RecoverAnswer } from '../cli/client.ts';
import { syncTree } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';
import { type ClusterSettings, localHosts, newClusterName, readSettings } from '../host/cluster-settings.ts';
import { lockFolder } from '../host/data-dir-lock.ts';
import { assertNotDeparted } from '../host/departure.ts';
import { type Recovering, readRecovering, writeRecovering } from '../host/recovery-file.ts';
import type { RecoveryPlan } from '../host/recovery-plan.ts';
import { beforeFolder, recoveryFolder, switchOver } from '../host/switch-over.ts';
import { type Identity, readIdentity, writeIdentity } from '../trust/identity.ts';
import { gatherCopy } from './gather-copy.ts';
import { makeReady } from './make-ready.ts';
import { whoAnswers } from './who-answers.ts';

export interface RecoverOptions {
	dataDir: string;
	/** Without it, only what would be lost is found out. */
	yes: boolean;
}

/**
 * Rejects with USAGE, NO_ANSWER, NO_KEYS, HOST_STILL_UP, NO_COPY, DATA_DIR_IN_USE and what
 * the disk and the server refuse; then nothing is changed, or the same command goes on where it was.
 */
export async function recover(options: RecoverOptions): Promise<RecoverAnswer> {
	const { dataDir } = options;
	const settings = readSettings(dataDir);
	if (!settings) throw noHostIn(dataDir);
	assertNotDeparted(dataDir);
	const release = lockFolder(dataDir, Date.now());
	try {
		const begun = readRecovering(dataDir);
		if (begun) return goOn(options, begun);
		return await begin(options, settings);
	} finally {
		release();
	}
}

function noHostIn(dataDir: string): CoveyError {
	const hosts = localHosts(dataDir);
	return hosts.length === 0
		? new CoveyError('NO_ANSWER', `There is no Covey host in ${dataDir}.`)
		: new CoveyError(
				'USAGE',
				`${dataDir} holds several hosts: name the one to go on from, for instance --data ${hosts[0]?.dataDir}.`,
			);
}

async function begin(options: RecoverOptions, settings: ClusterSettings): Promise<RecoverAnswer> {
	const { dataDir } = options;
	const identity = readIdentity(join(dataDir, 'trust'));
	if (!settings.secure || !identity)
		throw new CoveyError(
			'NO_KEYS',
			'This cluster has no keys, so nothing could keep lost hosts out of a recovered one. It was for trying things out.',
		);
	await assertAlone(identity);
	const ready = recoveryFolder(dataDir);
	await endOrphansBelow(join(dataDir, 'nats'));
	await discardRecovery(dataDir);
	const now = Date.now();
	const install = 1 + Math.max(settings.install, ...identity.roll.members.filter(isSelf(identity)).map((self) => self.install));
	const next: ClusterSettings = {
		...settings,
		install,
		// Of a cluster of one: it has everything to do.
		witness: false,
		role: {
			type: 'voter',
			cluster: newClusterName(),
			voters: 1,
			routes: [`${settings.address}:${settings.ports.cluster}`],
		},
	};
	try {
		const gathered = await gatherCopy({ dataDir, settings, identity, ready, now });
		const { plan, identity: recovered } = await makeReady({ settings: next, identity, ready, now, gathered, apply: options.yes });
		if (!options.yes)
			return {
				...{ host: settings.host, done: false, cluster: null, forgotten: plan.forgotten },
				...{ before: beforeFolder(dataDir, 'recovery', now), plan },
			};
		writeIdentity(join(ready, 'trust'), recovered);
		syncTree(ready);
		const forgotten = plan.forgotten.map(({ host }) => host);
		const recovering: Recovering = { schema: 1, at: now, from: settings.role.cluster, settings: next, forgotten };
		writeRecovering(dataDir, recovering);
		switchOver(dataDir, recovering);
		return done(dataDir, recovering, plan);
	} finally {
		if (readRecovering(dataDir) === null) await discardRecovery(dataDir);
	}
}

function goOn(options: RecoverOptions, recovering: Recovering): RecoverAnswer {
	if (!options.yes)
		throw new CoveyError(
			'RECOVERY_UNFINISHED',
			'A recovery of this host was begun and is so far that it cannot be taken back; nothing more is lost by ending it.',
		);
	switchOver(options.dataDir, recovering);
	return done(options.dataDir, recovering, null);
}

const done = (dataDir: string, { settings, forgotten, at }: Recovering, plan: RecoveryPlan | null): RecoverAnswer => ({
	host: settings.host,
	done: true,
	cluster: settings.role.cluster,
	forgotten: forgotten.map((host) => ({ host })),
	before: beforeFolder(dataDir, 'recovery', at),
	plan,
});

async function assertAlone(identity: Identity): Promise<void> {
	const others = identity.roll.members.filter((member) => !isSelf(identity)(member));
	const up = await whoAnswers(identity.ca, others);
	if (up.length === 0) return;
	const voters = identity.roll.members.filter(({ role }) => role === 'voter').map(({ host }) => host);
	const there = voters.filter((host) => host === identity.host || up.includes(host)).length;
	const instead =
		there >= majorityOf(voters.length)
			? `With ${identity.host} they would be a majority, so nothing has to be recovered: start it with \`covey up\`.`
			: 'A recovery is for one host, or there would be two clusters: stop Covey on the others too. They join again by token, with their disks.';
	throw new CoveyError('HOST_STILL_UP', `${up.join(', ')} can be reached from here. ${instead}`, { details: { up } });
}

const isSelf =
	({ host }: Identity) =>
	(member: { host: string }): boolean =>
		member.host === host;

/** What one that was killed has left behind before anything was changed. */
export async function discardRecovery(dataDir: string): Promise<void> {
	const ready = recoveryFolder(dataDir);
	if (!existsSync(ready)) return;
	await endOrphansBelow(ready);
	await rm(ready, { recursive: true, force: true });
}
