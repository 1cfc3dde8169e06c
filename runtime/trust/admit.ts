// Lets a machine in. Every step may be the last: the same joiner asks again with the same key and is let in the same way.
//
// A1. The token is marked as spent for one key before anything is signed or written.
// A2. The member's document is the membership; a certificate without it opens nothing.
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { type Authority, pinOfRequest, sign } from './ca.ts';
import { type JoinAnswer, type JoinRequest, MAX_SKEW_MS, versionFault } from './join.ts';
import { keyOfMember, keyOfToken, Member, type Roll, rollOf, Token } from './members.ts';
import type { ClusterKey } from './seal.ts';
import { assertKeysFree } from './taken-keys.ts';
import { judgeToken, type TokenVerdict } from './tokens.ts';

export interface Gate {
	/** The member that answers. */
	host: string;
	version: string;
	cluster: string;
	documents: Documents;
	authority(): Promise<Authority>;
	clusterKeys(): ClusterKey[];
	/** Read after the new member was written, and in effect on this host. */
	roll(): Promise<Roll>;
	now(): number;
}

/** Rejects with CLOCK_SKEW, VERSION_MISMATCH, NAME_TAKEN, NOT_TRUSTED, ADDRESS_IN_USE (`details.ports`: all that are taken there), TOKEN_*, BAD_REQUEST or STORE_UNAVAILABLE; nothing is half-joined then. */
export async function admit(gate: Gate, request: JoinRequest): Promise<JoinAnswer> {
	const pin = await pinOfRequest(request.request);
	const { token, revision } = await provenToken(gate, request, pin);
	refuseUnfit(gate, request, token);
	const before = await memberOf(gate.documents, request.host);
	if (before && before.member.forgottenAt === null && before.member.pin !== pin)
		throw new CoveyError('NAME_TAKEN', `The cluster has a host called ${request.host} already; choose another name with --name.`);
	// It asks again, but not for a lost answer: it was a member, and was forgotten since.
	if (token.spent !== null && before?.member.pin === pin && before.member.forgottenAt !== null) throw refusal('spent');
	await refuseSharedPorts(gate, request);
	await assertKeysFree(gate.documents, keyOfMember(request.host), { pin, nkey: request.nkey });
	if (token.spent === null) await spend(gate, token, revision, { host: request.host, pin, at: gate.now() });
	const certificate = await sign({
		authority: await gate.authority(),
		request: request.request,
		subject: { type: 'host', host: request.host, address: request.address },
		now: gate.now(),
	});
	const install = await enrol(gate, request, pin, before);
	const roll = await gate.roll();
	return {
		certificate,
		cluster: gate.cluster,
		clusterKeys: gate.clusterKeys(),
		install,
		roll,
		remotes: roll.members.filter(({ role }) => role === 'voter').map(({ address, ports }) => `${address}:${ports.leaf}`),
		by: gate.host,
	};
}

async function provenToken(gate: Gate, request: JoinRequest, pin: string): Promise<{ token: Token; revision: number }> {
	const stored = await gate.documents.read('config', keyOfToken(request.id));
	const parsed = Token.safeParse(stored?.value);
	const token = parsed.success ? parsed.data : null;
	const verdict = judgeToken(token, { secret: request.secret, pin, host: request.host }, gate.now());
	if (verdict === 'good' && token && stored) return { token, revision: stored.revision };
	throw refusal(verdict);
}

function refusal(verdict: TokenVerdict): CoveyError {
	switch (verdict) {
		case 'spent':
			return new CoveyError('TOKEN_SPENT', 'This token has let another host in already.');
		case 'expired':
			return new CoveyError('TOKEN_EXPIRED', 'This token has expired.');
		case 'revoked':
			return new CoveyError('TOKEN_EXPIRED', 'This token was revoked.');
		default:
			return new CoveyError('TOKEN_WRONG', 'The cluster does not know this token.');
	}
}

/** Asked after the token: only who holds one learns anything. */
function refuseUnfit(gate: Gate, request: JoinRequest, token: Token): void {
	const skew = request.now - gate.now();
	if (Math.abs(skew) > MAX_SKEW_MS)
		throw new CoveyError(
			'CLOCK_SKEW',
			`The clock of ${request.host} is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} that of ${gate.host}.`,
		);
	const fault = versionFault(request.version, gate.version);
	if (fault) throw new CoveyError('VERSION_MISMATCH', `${fault[0]?.toUpperCase()}${fault.slice(1)}.`);
	if (request.witness !== token.witness)
		throw new CoveyError(
			'TOKEN_WRONG',
			token.witness
				? 'This token is for a witness: add --witness to `covey join`.'
				: 'This token is for a host with apps: make one with `covey token --witness` for a witness.',
		);
}

/** A host that does not vote does not listen on all its ports yet: on a machine of two hosts the second cannot see that they are taken. */
async function refuseSharedPorts(gate: Gate, { host, address, ports }: JoinRequest): Promise<void> {
	const { members } = rollOf(await gate.documents.list('config'));
	const neighbours = members.filter((member) => member.address === address && member.host !== host);
	const taken = neighbours.flatMap((member) => Object.values(member.ports));
	if (!Object.values(ports).some((port) => taken.includes(port))) return;
	const names = neighbours.map((member) => member.host).join(', ');
	throw new CoveyError('ADDRESS_IN_USE', `Ports that ${host} chose on ${address} belong to ${names}.`, {
		details: { ports: taken },
	});
}

async function spend(gate: Gate, token: Token, revision: number, spent: NonNullable<Token['spent']>): Promise<void> {
	const outcome = await gate.documents.put('config', keyOfToken(token.id), { ...token, spent }, revision);
	if (outcome.status === 'conflict') throw refusal('spent');
}

type Found = { member: Member; revision: number } | null;

async function memberOf(documents: Documents, host: string): Promise<Found> {
	const stored = await documents.read('config', keyOfMember(host));
	const parsed = Member.safeParse(stored?.value);
	return stored && parsed.success ? { member: parsed.data, revision: stored.revision } : null;
}

/** Returns the number of the installation. */
async function enrol(gate: Gate, request: JoinRequest, pin: string, before: Found): Promise<number> {
	const same = before !== null && before.member.pin === pin && before.member.forgottenAt === null;
	const { host, address, ports, nkey, witness, version } = request;
	const member: Member = {
		schema: 1,
		host,
		// A server that comes back under a name that was removed from the cluster would be barred for minutes.
		install: same ? before.member.install : (before?.member.install ?? 0) + 1,
		address,
		ports,
		pin,
		nkey,
		role: same ? before.member.role : 'leaf',
		witness,
		version,
		joinedAt: same ? before.member.joinedAt : gate.now(),
		forgottenAt: null,
	};
	const outcome = await gate.documents.put('config', keyOfMember(host), member, before?.revision ?? 0);
	if (outcome.status === 'committed') return member.install;
	const now = await memberOf(gate.documents, host);
	if (now?.member.pin === pin) return now.member.install;
	throw new CoveyError('NAME_TAKEN', `Another machine has just joined as ${host}; choose another name with --name.`);
}
