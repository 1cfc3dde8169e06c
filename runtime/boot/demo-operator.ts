// The operator credential that a secure demo hands to scripts: made at its first start, renewed at each later one.
import { join } from 'node:path';
import type { Client } from '../cli/client.ts';
import { CoveyError } from '../engine/errors.ts';
import { readCredentialFolder } from '../trust/credential-folder.ts';
import { issueCredential, renewCredentialFolder } from '../trust/issue-credential.ts';
import { openClient } from './open-client.ts';

const NAME = 'operator';

/** Its folder; null when a person has revoked it. Rejects when no host signs. */
export async function demoOperator(dataDir: string): Promise<string | null> {
	const folder = join(dataDir, 'credentials', NAME);
	const client = await openClient(dataDir);
	try {
		const found = readCredentialFolder(folder);
		if (found?.about.issued) await renewCredentialFolder(found, (wish) => client.ask('certificate.renew', wish));
		else await make(client, folder);
		return folder;
	} catch (thrown) {
		if (thrown instanceof CoveyError && thrown.code === 'NOT_TRUSTED') return null;
		throw thrown;
	} finally {
		await client.close();
	}
}

async function make(client: Client, folder: string): Promise<void> {
	const issue = () =>
		issueCredential({ folder, name: NAME, role: 'operator', by: 'demo' }, (wish) => client.ask('credentials.add', wish));
	try {
		await issue();
	} catch (thrown) {
		if (!(thrown instanceof CoveyError) || thrown.code !== 'NAME_TAKEN') throw thrown;
		// Its folder was deleted: nobody has those keys any more.
		await client.ask('credentials.revoke', { name: NAME });
		await issue();
	}
}
