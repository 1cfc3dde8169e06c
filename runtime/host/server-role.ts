// What this host's nats-server is and whom it lets in: in the settings first, then in fact. A host that is killed in between is at
// its next start what the settings say. One change at a time, each from what holds when its turn comes.
import type { ServerRole } from '../../actors/voter-ops.ts';
import { remotesOf, routesOf } from '../../actors/voting-members.ts';
import { inTurn } from '../engine/in-turn.ts';
import type { Identity } from '../trust/identity.ts';
import type { Roll } from '../trust/members.ts';
import { type ClusterSettings, writeSettings } from './cluster-settings.ts';

export interface OwnRole {
	/** As they are on disk now. */
	settings(): ClusterSettings;
	running(): { role: 'voter' | 'leaf'; install: number };
	restartAs(role: ServerRole): Promise<void>;
	/** Who may speak from now on, and where the voters are. */
	follow(identity: Identity, roll: Roll): Promise<void>;
}

export interface OwnRoleParts {
	dataDir: string;
	settings: ClusterSettings;
	/** `empty`: it starts anew with an empty store. Resolves when it listens. */
	reconfigure(settings: ClusterSettings, store: 'keep' | 'empty'): Promise<void>;
	/** Resolves when this host's own connections are back. */
	reconnected(): Promise<void>;
}

export function ownRole(parts: OwnRoleParts): OwnRole {
	let { settings } = parts;
	/** Its server may not be what the settings say: it failed to start. */
	let doubtful = false;
	const change = inTurn();
	const keep = (next: ClusterSettings): void => {
		if (JSON.stringify(next) === JSON.stringify(settings)) return;
		writeSettings(parts.dataDir, next);
		settings = next;
	};
	return {
		settings: () => settings,
		running: () => ({ role: settings.role.type, install: doubtful ? 0 : settings.install }),
		restartAs: (role) =>
			change(async () => {
				keep(withRole(settings, role));
				doubtful = true;
				await parts.reconfigure(settings, 'empty');
				doubtful = false;
				await parts.reconnected();
			}),
		follow: (identity, roll) =>
			change(async () => {
				keep(withVoters(settings, identity.host, roll));
				await parts.reconfigure(settings, doubtful ? 'empty' : 'keep');
				doubtful = false;
			}),
	};
}

/** Pure. */
export function withRole(settings: ClusterSettings, role: ServerRole): ClusterSettings {
	const { cluster } = settings.role;
	return {
		...settings,
		install: role.install,
		role:
			role.role === 'voter'
				? { type: 'voter', cluster, voters: 1, routes: role.routes }
				: { type: 'leaf', cluster, remotes: role.remotes },
	};
}

/** The same role, with the addresses of those who vote now; kept where the roll knows no voter yet. Pure. */
export function withVoters(settings: ClusterSettings, self: string, { members }: Roll): ClusterSettings {
	const { role, address, ports } = settings;
	if (role.type === 'leaf') {
		const remotes = remotesOf(members, self);
		return remotes.length === 0 ? settings : { ...settings, role: { ...role, remotes } };
	}
	if (!members.some((member) => member.role === 'voter')) return settings;
	return { ...settings, role: { ...role, routes: routesOf(members, { host: self, address, ports }) } };
}
