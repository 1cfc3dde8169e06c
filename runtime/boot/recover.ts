// covey recover: a host that is left goes on alone. Everything is made ready beside what is there; only then it takes its place.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endOrphansBelow } from '../../nats/orphans.ts';
import { CoveyError } from '../engine/errors.ts';
import { type ClusterSettings, newClusterName, readSettings } from '../host/cluster-settings.ts';
import { lockFolder } from '../host/data-dir-lock.ts';
import { assertNotDeparted } from '../host/departure.ts';
import { type Recovering, readRecovering, writeRecovering } from '../host/recovery-file.ts';
import { type RecoveryPlan, recoveryWords } from '../host/recovery-plan.ts';
import { recoveryFolder, switchOver } from '../host/switch-over.ts';
import { type Identity, readIdentity, writeIdentity } from '../trust/identity.ts';
import { gatherCopy } from './gather-copy.ts';
import { makeReady } from './make-ready.ts';
import { whoAnswers } from './who-answers.ts';

export interface RecoverOptions {
	dataDir: string;
	/** Without it, only what would be lost is said. */
	yes: boolean;
	json: boolean;
	print(text: string): void;
}

/**
 * Resolves with the exit code. Rejects with USAGE, NO_ANSWER, NOT_ALLOWED_NOW, HOST_STILL_UP, NO_COPY, DATA_DIR_IN_USE and what
 * the disk and the server refuse; then nothing is changed, or the same command goes on where it was.
 */
export async function recover(options: RecoverOptions): Promise<number> {
	const { dataDir } = options;
	const settings = readSettings(dataDir);
	if (!settings) throw new CoveyError('NO_ANSWER', `There is no Covey host in ${dataDir}.`);
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

async function begin(options: RecoverOptions, settings: ClusterSettings): Promise<number> {
	const { dataDir } = options;
	const identity = readIdentity(join(dataDir, 'trust'));
	if (!settings.secure || !identity)
		throw new CoveyError(
			'NOT_ALLOWED_NOW',
			'This cluster has no keys, so nothing could keep lost hosts out of a recovered one. It is for trying things out: begin a new one.',
		);
	await assertAlone(identity);
	const ready = recoveryFolder(dataDir);
	await endOrphansBelow(join(dataDir, 'nats'));
	await clear(ready);
	const now = Date.now();
	const install = 1 + Math.max(settings.install, ...identity.roll.members.filter(isSelf(identity)).map((self) => self.install));
	const next: ClusterSettings = {
		...settings,
		install,
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
		if (!options.yes) {
			tell(options, { done: false, ...plan }, [...recoveryWords(plan, now, dataDir), '', ...howToGoOn(dataDir)]);
			return 0;
		}
		writeIdentity(join(ready, 'trust'), recovered);
		const forgotten = plan.forgotten.map(({ host }) => host);
		const recovering: Recovering = { schema: 1, at: now, from: settings.role.cluster, settings: next, forgotten };
		writeRecovering(dataDir, recovering);
		switchOver(dataDir, recovering);
		tell(options, { done: true, cluster: next.role.cluster, ...plan }, doneWords(recovering, dataDir, plan));
		return 0;
	} finally {
		if (readRecovering(dataDir) === null) await clear(ready);
	}
}

function goOn(options: RecoverOptions, recovering: Recovering): number {
	if (!options.yes)
		throw new CoveyError(
			'RECOVERY_UNFINISHED',
			'A recovery of this host was begun and is so far that it cannot be taken back; nothing more is lost by ending it.',
		);
	switchOver(options.dataDir, recovering);
	const { settings, forgotten } = recovering;
	tell(
		options,
		{ done: true, cluster: settings.role.cluster, host: settings.host, forgotten: forgotten.map((host) => ({ host })) },
		doneWords(recovering, options.dataDir, null),
	);
	return 0;
}

async function assertAlone(identity: Identity): Promise<void> {
	const others = identity.roll.members.filter((member) => !isSelf(identity)(member));
	const up = await whoAnswers(identity.ca, others);
	if (up.length === 0) return;
	throw new CoveyError(
		'HOST_STILL_UP',
		`${up.join(' and ')} can be reached from here. A recovery is for one host that is left; with ${up.length === 1 ? 'that one' : 'those'} still up there would be two clusters.`,
		{ details: { up } },
	);
}

const isSelf =
	({ host }: Identity) =>
	(member: { host: string }): boolean =>
		member.host === host;

async function clear(ready: string): Promise<void> {
	await endOrphansBelow(ready);
	await rm(ready, { recursive: true, force: true });
}

const howToGoOn = (dataDir: string): string[] => [
	'Nothing has been changed. When you have read this:',
	`  covey recover --yes --data ${dataDir}`,
];

function doneWords({ settings, forgotten }: Recovering, dataDir: string, plan: RecoveryPlan | null): string[] {
	return [
		`${settings.host} is a cluster of its own now, ${settings.role.cluster}; ${forgotten.join(' and ')} ${forgotten.length === 1 ? 'is' : 'are'} forgotten.`,
		...(plan?.authority === 'new' ? ['It has a new authority: make new tokens and credentials.'] : []),
		`Start it:  covey up --data ${dataDir}`,
	];
}

function tell({ json, print }: RecoverOptions, data: object, words: string[]): void {
	print(json ? JSON.stringify(data, null, 2) : words.join('\n'));
}
