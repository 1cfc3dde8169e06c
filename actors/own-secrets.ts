// The passwords an app is given: made once, kept in the vault, never in a plan.
import { randomBytes, randomInt } from 'node:crypto';
import type { CatalogEntry } from '../catalog/entry.ts';
import type { HostKit } from './kit.ts';
import type { Kept } from './vault.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const DATABASE_PASSWORD = { format: 'letters', length: 32 } as const;

/** Those the entry asks for and the instance has not got yet are made. */
export async function ensureSecrets(kit: Pick<HostKit, 'vault'>, instance: string, entry: CatalogEntry): Promise<Kept | null> {
	const wanted = [
		...entry.secrets.map((secret) => ({ ...secret, name: `secret.${secret.name}` })),
		...entry.databases.map(({ name }) => ({ ...DATABASE_PASSWORD, name: `database.${name}.password` })),
	];
	// One with connections has something to keep, too.
	if (wanted.length === 0 && entry.integrations.every(({ hooks }) => hooks.length === 0)) return null;
	return kit.vault.change(instance, (before) => {
		const kept = before?.app === entry.name ? before : { app: entry.name, values: {}, databases: {}, calls: {} };
		const missing = wanted.filter(({ name }) => !(name in kept.values));
		if (missing.length === 0 && kept === before) return kept;
		const made = Object.fromEntries(missing.map((secret) => [secret.name, newSecret(secret)]));
		return { ...kept, values: { ...kept.values, ...made } };
	});
}

export function newSecret({ format, length }: { format: 'hex' | 'letters' | 'base64'; length: number }): string {
	if (format === 'hex')
		return randomBytes(Math.ceil(length / 2))
			.toString('hex')
			.slice(0, length);
	if (format === 'base64') return randomBytes(length).toString('base64');
	return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
