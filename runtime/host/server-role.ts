// What this host's nats-server is: in the settings first, then in fact. A host that is killed in between is at its next start
// what the settings say.
import type { ServerRole } from '../../actors/voter-ops.ts';
import { type ClusterSettings, writeSettings } from './cluster-settings.ts';

export interface OwnRole {
	/** As they are on disk now. */
	settings(): ClusterSettings;
	running(): { role: 'voter' | 'leaf'; install: number };
	restartAs(role: ServerRole): Promise<void>;
}

export interface OwnRoleParts {
	dataDir: string;
	settings: ClusterSettings;
	/** Starts the server anew with an empty store; resolves when it listens. */
	reconfigure(settings: ClusterSettings): Promise<void>;
	/** Resolves when this host's own connections are back. */
	reconnected(): Promise<void>;
}

export function ownRole(parts: OwnRoleParts): OwnRole {
	let { settings } = parts;
	/** Its server may not be what the settings say: it failed to start. */
	let doubtful = false;
	return {
		settings: () => settings,
		running: () => ({ role: settings.role.type, install: doubtful ? 0 : settings.install }),
		async restartAs(role) {
			settings = withRole(settings, role);
			writeSettings(parts.dataDir, settings);
			doubtful = true;
			await parts.reconfigure(settings);
			doubtful = false;
			await parts.reconnected();
		},
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
