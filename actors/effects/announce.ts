// Installed apps that a plan connects with a new one are told of it, once it runs. Each looks first: told twice is told once.
import { type Announce, InstallData, installRef } from '../../machines/install/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';

export async function announce(
	kit: HostKit,
	instance: string,
	announces: readonly Announce[],
	{ key, note }: Pick<EffectContext, 'key' | 'note'>,
): Promise<void> {
	for (const { instance: other, integration } of announces) {
		const data = InstallData.safeParse((await kit.look(installRef(other)))?.view.data).data;
		const uses = data?.uses ?? [];
		if (!data || uses.some((use) => use.integration === integration && use.with === instance)) continue;
		try {
			const command = { cmdId: `${key}:${other}`.slice(-64), type: 'install.connect', by: `install:${instance}` };
			await kit.command(installRef(other), { ...command, uses: [...uses, { integration, with: instance }] });
			note({ kind: 'run', text: `${other} is connected with ${instance}` });
		} catch (thrown) {
			if (!(thrown instanceof CoveyError) || thrown.code !== 'NOT_ALLOWED_NOW') throw thrown;
			note({ kind: 'decide', text: `${other} is not connected with ${instance}: ${thrown.message}` });
		}
	}
}
