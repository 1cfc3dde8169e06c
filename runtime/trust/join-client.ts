// The joiner's side: whom to believe is in the token, what comes back is verified, and only then is anything written.
import { CoveyError, type ErrorCode } from '../engine/errors.ts';
import { fingerprintOf, fits, pinOf } from './ca.ts';
import { callHost } from './https-call.ts';
import { nkeyOf } from './identity.ts';
import { CaAnswer, JoinAnswer, type JoinRequest } from './join.ts';
import type { Invitation } from './tokens.ts';

export interface JoinerKeys {
	/** PKCS 8, PEM. */
	key: string;
	/** PKCS 10, PEM. */
	request: string;
	seed: string;
}

export interface Admission {
	/** PEM. */
	ca: string;
	answer: JoinAnswer;
	/** Which address let us in. */
	address: string;
}

type About = Omit<JoinRequest, 'id' | 'secret' | 'request' | 'nkey' | 'now'>;

/** Tries the addresses one after another. Rejects with the cluster's refusal, FOREIGN_CLUSTER, or HOST_UNREACHABLE when none answers. */
export async function askToJoin(invitation: Invitation, keys: JoinerKeys, about: About, now: () => number): Promise<Admission> {
	const failures: string[] = [];
	for (const address of invitation.addresses) {
		try {
			return await askOne(address, invitation, keys, about, now());
		} catch (thrown) {
			const error = thrown as CoveyError;
			// A member that answers speaks for all of them; only who is silent, or has no majority, may be passed over.
			if (!(error instanceof CoveyError) || !PASSED_OVER.has(error.code)) throw error;
			failures.push(`${address}: ${error.message}`);
		}
	}
	throw new CoveyError('HOST_UNREACHABLE', `No member of the cluster could be asked: ${failures.join('; ')}`);
}

const PASSED_OVER: ReadonlySet<ErrorCode> = new Set([
	'HOST_UNREACHABLE',
	'STORE_UNAVAILABLE',
	'NO_QUORUM',
	'FOREIGN_CLUSTER',
	'TIMEOUT',
	'INTERNAL',
]);

async function askOne(address: string, invitation: Invitation, keys: JoinerKeys, about: About, now: number): Promise<Admission> {
	const { ca } = CaAnswer.parse(await callHost(address, 'GET', '/api/v1/join/ca', null, { type: 'none' }));
	if (fingerprintOf(ca) !== invitation.fingerprint)
		throw new CoveyError('FOREIGN_CLUSTER', `${address} shows another authority than the token names.`);
	const { id, secret } = invitation;
	const body: JoinRequest = { ...about, id, secret, request: keys.request, nkey: nkeyOf(keys.seed), now };
	const answered = await callHost(address, 'POST', '/api/v1/join', body, { type: 'authority', ca });
	const parsed = JoinAnswer.safeParse(answered);
	if (!parsed.success)
		throw new CoveyError('VERSION_MISMATCH', `${address} answered in a way this version of Covey does not understand.`);
	const answer = parsed.data;
	const self = answer.roll.members.find(({ host }) => host === about.host);
	if (!fits(answer.certificate, ca, keys.key) || self?.pin !== pinOf(answer.certificate))
		throw new CoveyError('FOREIGN_CLUSTER', `${address} answered with a certificate that is not for this host's key.`);
	return { ca, answer, address };
}
