// Secrets of apps at rest, while the cluster's key changes under them.
import { expect, test } from 'vitest';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import { type KeysFor, sealedVault } from '../../../runtime/host/sealed-vault.ts';
import { resealAll } from '../../../runtime/trust/reseal.ts';
import { newClusterKey, Sealed } from '../../../runtime/trust/seal.ts';

const kept = (password: string) => ({ app: 'notes', values: { 'secret.admin': password }, databases: {}, calls: {} });

test('what is kept is sealed with the newest key, and reads the same', async () => {
	const documents = memoryDocuments();
	const [older, newer] = [newClusterKey(1), newClusterKey(2)];
	const vault = sealedVault(documents, async () => [newer, older]);
	await vault.change('notes', () => kept('a long password'));
	const stored = await documents.list('secrets');
	expect(JSON.stringify(stored)).not.toContain('a long password');
	expect(Sealed.parse(stored[0]?.value).keyId).toBe(newer.id);
	expect(await vault.read('notes')).toEqual(kept('a long password'));
});

test('a host that does not have the new key yet looks for it before it gives up', async () => {
	const documents = memoryDocuments();
	const [older, newer] = [newClusterKey(1), newClusterKey(2)];
	let known = [older];
	const asked: (string | null)[] = [];
	const keysFor: KeysFor = async (id) => {
		asked.push(id);
		if (id === newer.id) known = [newer, older];
		return known;
	};
	const vault = sealedVault(documents, keysFor);
	await vault.change('notes', () => kept('a long password'));
	expect(await resealAll(documents, [newer, older], newer, () => undefined)).toEqual(new Set());
	expect(await vault.read('notes')).toEqual(kept('a long password'));
	expect(asked.at(-1)).toBe(newer.id);
});

test('a value that was sealed anew between reading and writing is changed all the same', async () => {
	const documents = memoryDocuments();
	const [older, newer] = [newClusterKey(1), newClusterKey(2)];
	const vault = sealedVault(documents, async () => [older, newer]);
	await vault.change('notes', () => kept('first'));
	let disturbed = false;
	const racing = sealedVault(
		{
			...documents,
			async put(...written) {
				if (!disturbed) await resealAll(documents, [older, newer], newer, () => undefined);
				disturbed = true;
				return documents.put(...written);
			},
		},
		async () => [newer, older],
	);
	await racing.change('notes', () => kept('second'));
	expect(await vault.read('notes')).toEqual(kept('second'));
});
