// A host with apps or a witness: only what it needs is loaded.
import type { ClusterSettings } from '../host/cluster-settings.ts';
import type { Life } from './run-server.ts';

export async function lifeOf({ witness }: ClusterSettings): Promise<Life> {
	if (witness) return (await import('./witness-life.ts')).witnessLife;
	const [{ openLog }, { runHost }] = await Promise.all([import('../host/log.ts'), import('./run-host.ts')]);
	return { openLog, run: runHost };
}
