// What each identity may say and hear, as data for the nats-server. Everything not named is refused.
//
// A host that is a leaf speaks to the voters through its link, which carries its rights there: it must also pass on what
// credentials connected to its server say. Only voters read and write the authority's key.
import { ACTORS, documentStream, TIMELINE } from './buckets.ts';
import { DOMAIN } from './domain.ts';
import { growthInbox, inboxPrefix } from './inbox.ts';
import type { TrustedUser } from './server-trust.ts';
import { ALL_COMMANDS, ALL_HEARTBEATS, ALL_VIEWS, heartbeatSubject, questionSubject } from './subjects.ts';

interface Subjects {
	allow: string[];
	deny?: string[];
}
export interface Permissions {
	publish: Subjects;
	subscribe: Subjects;
}

/** Questions that change nothing but the asker's own certificate and tell no secret: a viewer may ask them. */
export const READING_QUESTIONS: readonly string[] = [
	'hosts',
	'apps',
	'catalog',
	'catalog.show',
	'actors',
	'show',
	'timeline',
	'replay',
	'place',
	'logs',
	'doctor',
	'discovered',
	'impact',
	'plan.install',
	'plan.remove',
	'advice',
	'placement',
	'ports',
	'trash.list',
	'updates',
	'certificate.renew',
];
/** Questions that change something, or tell who is trusted how. Each question must be in one of the two lists. */
export const CHANGING_QUESTIONS: readonly string[] = [
	'token.create',
	'token.list',
	'token.revoke',
	'credentials.add',
	'credentials.list',
	'credentials.revoke',
	'secrets.rotate',
	'secrets.status',
	'placement.set',
	'trash.restore',
	'trash.empty',
	'catalogs.list',
	'catalogs.put',
	'catalogs.remove',
	'export.list',
	'export.read',
	'export.dumps',
	'export.texts',
	'recover',
];
/** First words of questions about trust. For hosts only, their command line among them: operators run apps, they let nobody in, and
 * bring no programs of their own (an entry says what a host runs), and read no files of apps. */
const ADMINISTRATION = ['token', 'tokens', 'credential', 'credentials', 'secret', 'secrets', 'recover', 'catalogs', 'export'];

const DOCUMENTS = ['plans', 'hosts', 'config', 'catalogs', 'secrets'] as const;
type Bucket = (typeof DOCUMENTS)[number] | 'actors' | 'authority';
const NEWS = [ALL_VIEWS, 'covey.progress.>', 'covey.event.>', 'covey.log.>', ALL_HEARTBEATS];
const REQUESTS = [ALL_COMMANDS, 'covey.create.>', 'covey.q.>', '$SRV.>'];

/** `all` are the users of the cluster, `user` among them. */
export function permissionsOf(user: TrustedUser, all: readonly TrustedUser[]): Permissions {
	switch (user.role) {
		case 'voter':
			return voter(user.name);
		case 'leaf':
			return leaf(user.name, all);
		case 'operator':
			return credential(user.name, REQUESTS, ADMINISTRATION.flatMap(aboutTopic));
		case 'viewer':
			return credential(user.name, [...READING_QUESTIONS.map(questionSubject), '$SRV.>'], []);
	}
}

/** The user with which a voter makes, changes and restores streams: known to its own server only. */
export const growthPermissions = (host: string): Permissions => ({
	publish: { allow: ['$JS.>'] },
	subscribe: { allow: [`${growthInbox(host)}.>`] },
});

function voter(name: string): Permissions {
	return {
		publish: { allow: [...saidByHosts(['authority', ...DOCUMENTS]), heartbeatSubject(name), `covey.log.${name}.>`] },
		subscribe: { allow: heardBy(name) },
	};
}

function leaf(name: string, all: readonly TrustedUser[]): Permissions {
	const others = all.filter((one) => (one.role === 'voter' || one.role === 'leaf') && one.name !== name);
	return {
		publish: {
			// The voters tell a leaf of a subscription only if all of it is allowed, so others' names are denied one by one.
			allow: [...saidByHosts(DOCUMENTS), ALL_HEARTBEATS, 'covey.log.>'],
			deny: others.flatMap((other) => [heartbeatSubject(other.name), `covey.log.${other.name}.>`]),
		},
		subscribe: { allow: [...heardBy(name), '_INBOX.c.>'] },
	};
}

function credential(name: string, publish: readonly string[], denied: readonly string[]): Permissions {
	return {
		publish: { allow: [...publish, ...readable(['actors'])], ...(denied.length === 0 ? {} : { deny: [...denied] }) },
		subscribe: { allow: [...NEWS, `${inboxPrefix({ type: 'credential', name })}.>`] },
	};
}

const saidByHosts = (documents: readonly Bucket[]): string[] => [
	...REQUESTS,
	'covey.host.>',
	'covey.progress.>',
	'covey.event.>',
	'_INBOX.>',
	...api('INFO'),
	...readable(['actors', ...documents]),
	...readableStream(TIMELINE),
	...['actors', ...documents].flatMap((bucket) => [`$KV.covey_${bucket}.>`, ...api(`$KV.covey_${bucket}.>`)]),
	// What a host may read it may also save: its copy for the day when the voters are lost.
	...[...['actors', ...documents].map(streamOf), TIMELINE].flatMap((stream) => api(`STREAM.SNAPSHOT.${stream}`)),
	'$JS.SNAPSHOT.ACK.>',
];

const heardBy = (name: string): string[] => [
	...NEWS,
	...REQUESTS,
	`covey.host.${name}.>`,
	`${inboxPrefix({ type: 'host', name })}.>`,
];

const readable = (buckets: readonly Bucket[]): string[] => buckets.map(streamOf).flatMap(readableStream);

const streamOf = (bucket: string): string => (bucket === 'actors' ? ACTORS : documentStream(bucket));

const readableStream = (stream: string): string[] =>
	[`STREAM.INFO.${stream}`, `STREAM.MSG.GET.${stream}`, `DIRECT.GET.${stream}`, `DIRECT.GET.${stream}.>`].flatMap(api);

// The server of a voter checks the bare form, the server of a leaf the one with the domain.
const api = (request: string): string[] => [`$JS.API.${request}`, `$JS.${DOMAIN}.API.${request}`];

const aboutTopic = (topic: string): string[] => [questionSubject(topic), questionSubject(`${topic}.>`)];
