// The document `member-<host>` of an ordinary host.
import type { Member } from '../../runtime/trust/members.ts';

export const sampleMember = (host: string, changes: Partial<Member> = {}): Member => ({
	schema: 1,
	host,
	install: 1,
	address: '192.0.2.1',
	ports: { nats: 4222, cluster: 6222, leaf: 7422, http: 7780 },
	pin: null,
	nkey: null,
	role: 'leaf',
	witness: false,
	version: '0',
	joinedAt: 0,
	forgottenAt: null,
	...changes,
});
