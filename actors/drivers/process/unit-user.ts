// As whom a unit runs. Covey's own user, but for programs that refuse to run as root, or must not.
import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { PlannedApp } from '../plan.ts';
import type { Layout } from './layout.ts';

export interface UnitUser {
	uid: number;
	gid: number;
}

/** Null: as Covey itself. Where the machine does not have the user, it is `nobody`. Rejects with MISSING_PROGRAM without either. */
export function unitUser({ instance, user }: Pick<PlannedApp, 'instance' | 'user'>): UnitUser | null {
	if (user === undefined || process.getuid?.() !== 0) return null;
	const known = userNamed(user) ?? userNamed('nobody');
	if (known) return known;
	throw new CoveyError(
		'MISSING_PROGRAM',
		`${instance} must not run as root, and this machine has neither the user ${user} nor nobody.`,
	);
}

/** The folders above its volumes can be passed through by that user, which sees nothing of what else is there. Rejects with DATA_DIR_UNUSABLE. */
export function openTheWay(layout: Layout, { instance, user = 'nobody' }: PlannedApp, who: UnitUser): void {
	for (const folder of [layout.data, layout.apps, layout.app(instance)]) chmodSync(folder, 0o711);
	for (let folder = dirname(layout.data); ; folder = dirname(folder)) {
		const { mode, uid, gid } = statSync(folder);
		const bit = uid === who.uid ? 0o100 : gid === who.gid ? 0o010 : 0o001;
		if ((mode & bit) === 0)
			throw new CoveyError(
				'DATA_DIR_UNUSABLE',
				`${instance} runs as the user ${user}, which cannot pass through ${folder}. Allow it with: chmod o+x ${folder}`,
				{ details: { instance, folder, user } },
			);
		if (folder === dirname(folder)) return;
	}
}

export function giveTo(path: string, who: UnitUser | null): void {
	if (who) chownSync(path, who.uid, who.gid);
}

function userNamed(name: string): UnitUser | null {
	const line = readFileSync('/etc/passwd', 'utf8')
		.split('\n')
		.find((one) => one.startsWith(`${name}:`));
	const [, , uid, gid] = line?.split(':') ?? [];
	return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}
