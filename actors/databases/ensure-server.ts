// A database server of this host, begun when the first app needs it: an install like any other, so it is started, watched, healed
// and taken over as any other.
import { ownServer } from '../../catalog/database-servers.ts';
import { InstallData, InstallInput, installRef } from '../../machines/install/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import type { EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { whenSeen } from '../parts.ts';
import type { DatabaseType } from './admin.ts';
import { SERVER_TITLES } from './open-admin.ts';

/** Resolves when it runs. Rejects with DEPENDENCY_FAILED, or NAME_TAKEN where its name belongs to something else. */
export async function ensureServer(
	kit: HostKit,
	server: string,
	type: DatabaseType,
	user: string,
	context: Pick<EffectContext, 'key' | 'note' | 'progress' | 'signal'>,
): Promise<void> {
	// Said once per run: what was put right before and fails again is not tried for ever.
	const tried = new Set<string>();
	await whenSeen(kit, server, context, async (record) => {
		refuseForeign(record, server, type, kit.host);
		const next = nextFor(record);
		if (next.type === 'there') return true;
		context.progress({ step: `${server}: ${record?.view.words ?? 'it is being made'}` });
		if (next.type === 'wait') return false;
		if (tried.has(next.type)) throw failed(server, record);
		tried.add(next.type);
		if (next.type === 'make') await make(kit, server, type, user, context);
		else await tell(kit, server, next.type, context);
		return false;
	});
}

type Next = { type: 'there' | 'wait' | 'make' | 'install.retry' | 'install.start' };

function nextFor(record: ActorRecord | null): Next {
	switch (record?.view.phase) {
		case undefined:
		case 'removed':
			return { type: 'make' };
		case 'running':
			return { type: 'there' };
		case 'stopped':
			return { type: 'install.start' };
		case 'failed':
		case 'rolledBack':
			return { type: 'install.retry' };
		default:
			return { type: 'wait' };
	}
}

async function make(
	kit: HostKit,
	server: string,
	type: DatabaseType,
	user: string,
	{ key, note }: Pick<EffectContext, 'key' | 'note'>,
): Promise<void> {
	const input = InstallInput.parse({ app: type, pinnedHost: kit.host });
	const reply = await kit.create(installRef(server), input, { cmdId: `server:${key}`.slice(-64), by: `install:${user}` });
	const why =
		server === ownServer(user, type) ? `for ${user} alone` : `no app of ${kit.host} needed ${SERVER_TITLES[type]} before`;
	if (reply.ok) note({ kind: 'run', text: `starts ${server}: ${why}` });
	// Somebody else began it at the same moment.
	else if (reply.error.code !== 'NAME_TAKEN') throw new CoveyError(reply.error.code, reply.error.message);
}

async function tell(kit: HostKit, server: string, type: string, { key }: Pick<EffectContext, 'key'>): Promise<void> {
	try {
		await kit.command(installRef(server), { cmdId: `${key}:${type}`.slice(-64), type, by: `host:${kit.host}` });
	} catch (thrown) {
		// It went on meanwhile: the next look tells.
		if (!(thrown instanceof CoveyError) || thrown.code !== 'NOT_ALLOWED_NOW') throw thrown;
	}
}

function refuseForeign(record: ActorRecord | null, server: string, type: DatabaseType, host: string): void {
	const data = record && record.view.phase !== 'removed' ? InstallData.safeParse(record.view.data).data : undefined;
	if (!data || (data.app === type && (data.host === null || data.host === host))) return;
	throw new CoveyError(
		'NAME_TAKEN',
		`${server} is the name of the ${SERVER_TITLES[type]} that apps of ${host} share, and it belongs to ${data.app} on ${data.host ?? 'no host'}.`,
		{ details: { instance: server } },
	);
}

const failed = (server: string, record: ActorRecord | null): CoveyError =>
	new CoveyError(
		'DEPENDENCY_FAILED',
		`The database server ${server} could not be started: ${record?.view.words ?? 'it is gone'}`,
		{
			details: { instance: server },
		},
	);
