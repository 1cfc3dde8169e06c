// A certificate authority for tests, and identities of hosts and credentials as files.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createUser } from '@nats-io/nkeys';
import type { TopologyInput } from '../../nats/config.ts';
import type { ClientIdentity } from '../../nats/connection-options.ts';
import { inboxPrefix } from '../../nats/inbox.ts';
import type { ServerTrust, UserRole } from '../../nats/server-trust.ts';
import { type Authority, newAuthority, newKeyAndRequest, pinOf, sign } from '../../runtime/trust/ca.ts';

export interface TestMember {
	name: string;
	role: UserRole;
	pin: string;
	nkey: string;
	identity: ClientIdentity;
}

export interface TestTrust {
	members: Map<string, TestMember>;
	/** What server `host` is told; all members and credentials of the moment. */
	ofServer(host: string): ServerTrust;
	of(name: string): ClientIdentity;
	add(name: string, role: UserRole): Promise<TestMember>;
	remove(name: string): void;
	/** A new certificate for the same key. */
	renew(name: string): Promise<void>;
}

export async function makeTestTrust(folder: string, hosts: readonly Pick<TopologyInput, 'name' | 'role'>[]): Promise<TestTrust> {
	const authority = await newAuthority('test', Date.now());
	const members = new Map<string, TestMember>();
	const requests = new Map<string, string>();
	const of = (name: string): TestMember => {
		const found = members.get(name);
		if (!found) throw new Error(`no member ${name}`);
		return found;
	};
	const trust: TestTrust = {
		members,
		of: (name) => of(name).identity,
		ofServer(host) {
			const { identity } = of(host);
			const all = [...members.values()];
			return {
				certFile: identity.certFile,
				keyFile: identity.keyFile,
				caFile: identity.caFile,
				pins: { hosts: all.filter(({ role }) => role === 'voter').map(({ pin }) => pin), clients: all.map(({ pin }) => pin) },
				users: all.map(({ name, nkey, role }) => ({ name, nkey, role })),
				leafSeed: identity.seed,
			};
		},
		async add(name, role) {
			const place = join(folder, 'trust', name);
			const { member, request } = await newMember(place, authority, name, role);
			members.set(name, member);
			requests.set(name, request);
			return member;
		},
		remove: (name) => void members.delete(name),
		async renew(name) {
			const { identity, role } = of(name);
			await writeFile(identity.certFile, await certificate(authority, requests.get(name) ?? '', name, role));
		},
	};
	for (const { name, role } of hosts) await trust.add(name, role);
	return trust;
}

/** Certificate and key files of somebody whom `authority` has signed; whether anybody knows them is another question. */
export async function newMember(
	place: string,
	authority: Authority,
	name: string,
	role: UserRole,
): Promise<{ member: TestMember; request: string }> {
	const { key, request } = await newKeyAndRequest();
	const pem = await certificate(authority, request, name, role);
	await mkdir(place, { recursive: true, mode: 0o700 });
	const [caFile, certFile, keyFile] = ['ca.pem', 'own.pem', 'own.key'].map((file) => join(place, file)) as [
		string,
		string,
		string,
	];
	await Promise.all([
		writeFile(caFile, authority.certificate),
		writeFile(certFile, pem),
		writeFile(keyFile, key, { mode: 0o600 }),
	]);
	const user = createUser();
	const seed = new TextDecoder().decode(user.getSeed());
	const type = isHost(role) ? 'host' : 'credential';
	const identity = { caFile, certFile, keyFile, seed, inbox: inboxPrefix({ type, name }) };
	return { member: { name, role, pin: pinOf(pem), nkey: user.getPublicKey(), identity }, request };
}

const certificate = (authority: Authority, request: string, name: string, role: UserRole): Promise<string> =>
	sign({
		authority,
		request,
		subject: isHost(role) ? { type: 'host', host: name, address: '127.0.0.1' } : { type: 'credential', name },
		now: Date.now(),
	});

const isHost = (role: UserRole): boolean => role === 'voter' || role === 'leaf';
