// Certificates that end before anybody notices.
import type { HostTrust } from '../host/host-trust.ts';
import { CREDENTIAL_DAYS, expiryOf } from '../trust/ca.ts';
import type { Credential } from '../trust/members.ts';
import type { CheckRow } from './contract.ts';

export interface TrustState {
	/** Those that are let in. */
	credentials: readonly Pick<Credential, 'name' | 'expiresAt'>[];
	/** End of the certificate of the host that answers, ms. */
	host: { name: string; expiresAt: number };
	/** ms */
	now: number;
}

const DAY_MS = 24 * 3600 * 1000;
const CREDENTIAL_NOTICE_MS = (CREDENTIAL_DAYS / 12) * DAY_MS;
/** It is renewed ten days before: so late means that no voter has signed for days. */
const HOST_NOTICE_MS = 5 * DAY_MS;

export function trustState(trust: Pick<HostTrust, 'identity' | 'roll'>, now: number): TrustState {
	const { host, certificate } = trust.identity();
	return { credentials: trust.roll().credentials, host: { name: host, expiresAt: expiryOf(certificate) }, now };
}

export function trustChecks({ credentials, host, now }: TrustState): CheckRow[] {
	const ending = credentials.filter(({ expiresAt }) => expiresAt - now < CREDENTIAL_NOTICE_MS);
	const rows = ending.map(({ name, expiresAt }): CheckRow => {
		const next = `Where its folder is: \`covey credentials renew FOLDER\`; nobody needs it: \`covey credentials revoke ${name}\`.`;
		return { check: `credential ${name}`, status: 'warning', words: endWords(name, expiresAt, now), next, code: null };
	});
	if (host.expiresAt - now < HOST_NOTICE_MS)
		rows.push({
			check: `certificate of ${host.name}`,
			status: 'bad',
			words: endWords(host.name, host.expiresAt, now),
			next: `It renews itself through a voter: look for "certificate" in covey.log of ${host.name}.`,
			code: null,
		});
	return rows.length > 0
		? rows
		: [{ check: 'certificates', status: 'good', words: 'No certificate ends soon.', next: null, code: null }];
}

function endWords(name: string, expiresAt: number, now: number): string {
	const days = Math.floor((expiresAt - now) / DAY_MS);
	if (expiresAt <= now) return `The certificate of ${name} has ended: it is let in no more.`;
	return `The certificate of ${name} ends ${days === 0 ? 'within a day' : `in ${days} day${days === 1 ? '' : 's'}`}.`;
}
