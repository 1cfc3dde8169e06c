// docs/subjects.md, made from the schemas that the hosts themselves parse with. Pure.
import { z } from 'zod';
import { HOST_PHASES, HostCommand, HostData, HostFacts } from '../../machines/host/contract.ts';
import { InstallCommand, InstallData, PHASES } from '../../machines/install/contract.ts';
import type { ErrorCode } from '../engine/errors.ts';
import type { Beat } from '../engine/ports.ts';
import { Instant } from '../engine/units.ts';
import { CreateInstall, LogRow, ProgressNews, QUESTIONS, type Question } from './contract.ts';
import { describeSchema } from './describe-schema.ts';

/** What a reader may rely on of the record that `covey.view.>` carries; the rest of it is the engine's. */
const viewOf = <Phases extends readonly [string, ...string[]], Data extends z.ZodType>(phases: Phases, data: Data) =>
	z.object({
		kind: z.string(),
		id: z.string(),
		owner: z.object({ host: z.string(), incarnation: z.number().int() }).nullable().describe('the host that steps it'),
		epoch: z.number().int().describe('+1 with each change of owner'),
		seq: z.number().int().describe('+1 with each step'),
		view: z.object({
			phase: z.enum(phases),
			words: z.string().describe('one sentence for a person'),
			can: z.record(z.string(), z.union([z.literal(true), z.string()])).describe('for each command: true, or why not now'),
			since: Instant,
			data,
		}),
		last: z.object({
			event: z.looseObject({ type: z.string() }).describe('what was taken: a command, a fact, a result, a deadline'),
			from: z.string(),
			to: z.string(),
			at: Instant,
			by: z.string(),
		}),
		parked: z.object({ reason: z.string(), since: Instant }).optional(),
	});
export const InstallView = viewOf(PHASES, InstallData);
export const HostView = viewOf(HOST_PHASES, HostData);

/** `covey.event.host.returned` */
export const HostReturned = z.object({
	host: z.string(),
	since: Instant.describe('ms since 1970, the last proof that it belonged to the cluster'),
	at: Instant,
	stopped: z.array(z.string()).describe('instances that live elsewhere now, or nowhere'),
	kept: z.array(z.string()).describe('instances that were left alone'),
});

const Heartbeat = z.object({
	host: z.string(),
	incarnation: z.number().int().describe('+1 with each start of the host'),
	at: Instant,
	machines: z.array(z.string()).describe('machine versions it can run'),
	adopting: z.boolean().describe('false: it is leaving'),
	blinked: z.boolean().describe('its connection broke within the last 2 s'),
}) satisfies z.ZodType<Beat>;

const WORDS: Record<Question, string> = {
	hosts: 'Every known host with its facts and presence, the totals of the cluster, and whose death harms whom.',
	impact: 'What happens if a host dies: to each of its apps, and to the cluster. Changes nothing.',
	apps: 'The installed apps.',
	catalog: 'The apps that can be installed; `search` and `category` make it fewer.',
	'catalog.show': 'One entry of the catalog in full, who can serve it and whom it serves.',
	'export.list': 'The files of an app, page by page, for a copy that runs without Covey. For hosts only.',
	'export.read': 'A piece of a file of an app. For hosts only.',
	'export.dumps': 'Copies of the databases of an app: begun, or how they stand. For hosts only.',
	'export.texts': 'What belongs beside the data of an app, so that it runs without Covey. For hosts only.',
	'catalogs.list': 'The catalogs that were added to the one that comes with Covey. For hosts only.',
	'catalogs.put': 'Adds a catalog, or replaces it by a newer state. For hosts only.',
	'catalogs.remove': 'Takes an added catalog out again. For hosts only.',
	actors: 'Every durable actor: who owns it, what it does, which deadlines it has.',
	show: 'One actor in full, with its latest jobs and their output.',
	timeline: 'The steps of an actor, oldest first, with what was done.',
	replay: 'Folds the recorded steps again and compares.',
	'plan.install':
		'What would happen if an app was installed: what goes with it, where each goes and why, ports, connections, needs. Changes nothing; `fingerprint` of the plan accepts exactly this one, as `plan` of `covey.create.install`.',
	'plan.remove':
		'What would happen if an app was removed: who needs it, who loses it, and what becomes of its data. Changes nothing.',
	place: 'Where an app would go, and why: every host with its points. Changes nothing.',
	advice:
		'Which hosts are too full, and which apps had better move. With `move` and `to`: what that one move would change. Changes nothing.',
	updates:
		'Which apps have a newer version in the catalog and at the registry, and which images are another program than the one pinned, where a registry can be asked. It may take 20 s.',
	ports: 'The ports that apps have or are promised, by host and number.',
	placement: 'What counts how much when a host is chosen.',
	'placement.set': 'Changes what counts how much when a host is chosen.',
	'trash.list': 'The data of apps that were removed with it, on every host that answers.',
	'trash.restore':
		'Makes something of the trash the data of its instance again: the next install of that name on that host finds it.',
	'trash.empty': 'Deletes something of the trash for good, or everything.',
	logs: 'What an app has printed, the newest lines.',
	doctor: 'What is wrong, and what to do.',
	discovered: 'Hosts heard on this network, of this cluster and of others.',
	'token.create': 'A token that lets one machine join. For hosts only.',
	'token.list': 'The tokens made so far, without their secrets. For hosts only.',
	'token.revoke': 'Makes a token useless. For hosts only.',
	'credentials.add': 'A certificate for a key made by whoever asks, and a role; the same keys may ask again. For hosts only.',
	'credentials.list': 'The credentials there are, revoked ones too. For hosts only.',
	'credentials.revoke': 'Cuts a credential off on every host, for good. For hosts only.',
	'secrets.rotate':
		'Makes a new cluster key and a share of it for every member; the hosts then seal every secret anew by themselves. For hosts only.',
	'secrets.status': 'The cluster keys there are, who lacks which, and how many values each seals. For hosts only.',
	'certificate.renew': 'A new certificate for the key of a credential; it may ask for itself.',
};

/** Beside BAD_REQUEST, which every malformed payload gets, and TIMEOUT and NO_ANSWER, which the asker's side makes. */
const REFUSALS: Partial<Record<Question, readonly ErrorCode[]>> = {
	show: ['UNKNOWN_ACTOR', 'STORE_UNAVAILABLE'],
	timeline: ['UNKNOWN_ACTOR', 'STORE_UNAVAILABLE'],
	replay: ['UNKNOWN_ACTOR', 'UNKNOWN_KIND', 'STORE_UNAVAILABLE'],
	'plan.install': [
		'UNKNOWN_APP',
		'UNKNOWN_HOST',
		'NAME_TAKEN',
		'NO_SUITABLE_HOST',
		'NOT_ENOUGH_MEMORY',
		'NOT_ENOUGH_DISK',
		'PORT_IN_USE',
	],
	'plan.remove': ['UNKNOWN_ACTOR'],
	'catalog.show': ['UNKNOWN_APP'],
	'export.list': ['UNKNOWN_ACTOR', 'HOST_UNREACHABLE'],
	'export.read': ['UNKNOWN_ACTOR', 'HOST_UNREACHABLE'],
	'export.dumps': ['UNKNOWN_ACTOR', 'UNKNOWN_APP', 'HOST_UNREACHABLE', 'EFFECT_FAILED'],
	'export.texts': ['UNKNOWN_ACTOR', 'UNKNOWN_APP'],
	'catalogs.put': ['BAD_CATALOG', 'NAME_TAKEN', 'CATALOG_IN_USE', 'STORE_UNAVAILABLE', 'NO_QUORUM'],
	'catalogs.remove': ['UNKNOWN_CATALOG', 'CATALOG_IN_USE', 'STORE_UNAVAILABLE', 'NO_QUORUM'],
	place: ['UNKNOWN_APP'],
	updates: ['STORE_UNAVAILABLE'],
	ports: ['UNKNOWN_HOST', 'STORE_UNAVAILABLE'],
	'placement.set': ['STORE_UNAVAILABLE'],
	impact: ['UNKNOWN_HOST'],
	'trash.restore': ['UNKNOWN_TRASH', 'NAME_TAKEN', 'HOST_UNREACHABLE'],
	'trash.empty': ['UNKNOWN_TRASH', 'UNKNOWN_HOST', 'HOST_UNREACHABLE'],
	logs: ['UNKNOWN_ACTOR', 'HOST_UNREACHABLE', 'STORE_UNAVAILABLE'],
	'token.create': ['NO_KEYS', 'STORE_UNAVAILABLE'],
	'token.list': ['NO_KEYS', 'STORE_UNAVAILABLE'],
	'token.revoke': ['NO_KEYS', 'TOKEN_WRONG', 'STORE_UNAVAILABLE'],
	'credentials.add': ['NO_KEYS', 'NAME_TAKEN', 'NOT_TRUSTED', 'HOST_UNREACHABLE', 'STORE_UNAVAILABLE'],
	'credentials.list': ['NO_KEYS', 'STORE_UNAVAILABLE'],
	'credentials.revoke': ['NO_KEYS', 'NOT_TRUSTED', 'STORE_UNAVAILABLE'],
	'secrets.rotate': ['NO_KEYS', 'NOT_ALLOWED_NOW', 'HOST_UNREACHABLE', 'STORE_UNAVAILABLE'],
	'secrets.status': ['NO_KEYS', 'HOST_UNREACHABLE', 'STORE_UNAVAILABLE'],
	'certificate.renew': ['NO_KEYS', 'NOT_TRUSTED', 'HOST_UNREACHABLE', 'STORE_UNAVAILABLE'],
};

const SAMPLES: Partial<Record<Question, string>> = {
	actors: '{"kind":"install"}',
	show: '{"actor":"install/node-red"}',
	timeline: '{"actor":"install/node-red","limit":50}',
	replay: '{"actor":"install/node-red"}',
	'plan.install': '{"app":"node-red"}',
	'plan.remove': '{"name":"node-red"}',
	place: '{"app":"node-red"}',
	advice: '{"move":"node-red","to":"birch"}',
	'placement.set': '{"weights":{"memory":50,"disk":30,"cpu":10,"load":5,"reliability":5}}',
	impact: '{"host":"birch"}',
	ports: '{"host":"birch"}',
	'trash.restore': '{"id":"node-red-2026-11-21t08-00-00-000z"}',
	'trash.empty': '{"id":"node-red-2026-11-21t08-00-00-000z"}',
	logs: '{"instance":"node-red","lines":100}',
};

export function describeSubjects(): string {
	return `${[
		'# Subjects',
		'Every command is a NATS request, every change a NATS message. Payloads are JSON. This page is made from the schemas that the hosts parse with; `npm run docs` writes it, a test compares them.',
		'The examples use the public `nats` tool; `npx covey hosts --json` names the addresses to give it with `--server`. The hosts answer the NATS service protocol as the service `covey`: `nats micro ls`, `nats micro info covey`, `nats micro stats covey`.',
		'An answer is `{"ok":true,…}` or `{"ok":false,"error":{"code","message","next","details"}}`. An error is also in the headers of the service protocol: `Nats-Service-Error` (code and message) and `Nats-Service-Error-Code` (400: change the request; 503: the same one may succeed later; 500: a defect). [errors.md](errors.md) explains each code. Fields with `?` may be absent; a name is 1-48 characters of `a-z`, `0-9` and `-`.',
		'A malformed payload gets `BAD_REQUEST` with every wrong field named, and changes nothing.',
		...commands(),
		...questions(),
		...news(),
		'## Between hosts',
		'`covey.host.<host>.job`, `.retire`, `.done`, `.ping`, `.observe` and `.ask` are sent and answered by hosts only. They may change with any version.',
		'## Facts of a host',
		'The documents of the bucket `covey_hosts`, written by each host about itself, also part of `covey.q.hosts`:',
		code(describeSchema(HostFacts, 'output')),
	].join('\n\n')}\n`;
}

function commands(): string[] {
	return [
		'## Commands',
		'Each installed app is an actor `install/<instance>`, each member of the cluster an actor `host/<host>`, which its host makes when it joins.',
		'`cmdId` (1-64 characters) is new for each wish: the same one gets the same answer and is applied once. `by` says who asks and ends up in the timeline; without it that is `anonymous`. The reply comes when the step is durable; follow what happens then on `covey.view.install.<instance>`.',
		'Without a majority of the voting hosts every command gets `NO_QUORUM`, with how many voters are needed and which are missing in `details`; what runs goes on.',
		'No answer, `ACTOR_MOVED`, `STORE_UNAVAILABLE` or a time-out: ask again with the same `cmdId`. The store can pause for ten seconds when its leader dies, so wait at least that long. Say `"repeat": true` with a command to an actor that was sent before: then a refusal holds for every copy of it that is still under way, and without it an earlier one may yet be applied once it is allowed.',
		section(
			'covey.create.install',
			'Installs an app. **Sent by** anybody, **answered by** any host. `name` is the instance, by default the app; `host` keeps it on that host; `ports` are wanted ports by the names in the catalog; `with` are apps to connect it with, installed first where they are not there; `plan` accepts a plan that `covey.q.plan.install` told for the same wishes.',
			describeSchema(CreateInstall, 'input'),
			'nats req covey.create.install \'{"cmdId":"a1","app":"node-red"}\'\n{"ok":true,"seq":1,"phase":"queued"}',
			[
				'UNKNOWN_APP',
				'UNKNOWN_HOST',
				'NAME_TAKEN',
				'CHOICE_OPEN',
				'PLAN_STALE',
				'NO_SUITABLE_HOST',
				'PORT_IN_USE',
				'ACTOR_MOVED',
				'NO_QUORUM',
				'STORE_UNAVAILABLE',
			],
		),
		section(
			'covey.cmd.install.<instance>',
			'A command for one install. **Sent by** anybody, **answered by** its owner; nobody answers for an instance that does not exist. Beside the fields below it takes `cmdId`, `by` and `repeat`. Any parked actor also takes `actor.unpark`.',
			describeSchema(InstallCommand, 'input'),
			'nats req covey.cmd.install.node-red \'{"cmdId":"a2","type":"install.stop"}\'\n{"ok":true,"seq":7,"phase":"stopping"}',
			['NOT_ALLOWED_NOW', 'REMOVAL_BLOCKED', 'ACTOR_MOVED', 'ACTOR_PARKED', 'NO_QUORUM', 'STORE_UNAVAILABLE'],
		),
		section(
			'covey.cmd.host.<host>',
			'What people do with a host. **Sent by** anybody, **answered by** the owner of the actor: the host itself while it lives. Whether it may leave or be forgotten is looked at after the answer: it goes back to where it was with `failure` in its view when not (`APPS_STAY`, `HOST_STILL_UP`, `LAST_HOST`).',
			describeSchema(HostCommand, 'input'),
			'nats req covey.cmd.host.birch \'{"cmdId":"a3","type":"host.cordon"}\'\n{"ok":true,"seq":2,"phase":"cordoned"}',
			['NOT_ALLOWED_NOW', 'ACTOR_MOVED', 'ACTOR_PARKED', 'NO_QUORUM', 'STORE_UNAVAILABLE'],
		),
	];
}

function questions(): string[] {
	return [
		'## Questions',
		'**Asked by** anybody, **answered by** any host from what it knows. An empty payload counts as `{}`. The answer is `{"ok":true,"data":…}`. While the answering host has no majority of voters, `stale` stands beside it: what is told was known at that time (ms since 1970).',
		...(Object.keys(QUESTIONS) as Question[]).map(question),
	];
}

function question(name: Question): string {
	const { input, output } = QUESTIONS[name];
	const wants = describeSchema(input, 'input');
	return [
		`### covey.q.${name}`,
		WORDS[name],
		code(`nats req covey.q.${name} '${SAMPLES[name] ?? ''}'`),
		wants === '{}' ? 'It takes nothing.' : `It takes:\n\n${code(wants)}`,
		`Its \`data\`:\n\n${code(describeSchema(output, 'output'))}`,
		...refusals(REFUSALS[name] ?? []),
	].join('\n\n');
}

function news(): string[] {
	return [
		'## News',
		section(
			'covey.view.<kind>.<id>',
			"An actor's record. **Published by** the nats-server itself after each commit, so nobody can see what is not durable. The header `Nats-Last-Sequence` names the revision of the message before it on this subject: a gap means that you missed one. An install's:",
			describeSchema(InstallView, 'output'),
			"nats sub 'covey.view.>'",
		),
		`A host's \`view\`:\n\n${code(describeSchema(HostView.shape.view, 'output'))}`,
		section(
			'covey.event.host.returned',
			'A host that was cut off from the cluster is back, has read its plan, and tells what it found. **Published by** that host.',
			describeSchema(HostReturned, 'output'),
			"nats sub 'covey.event.>'",
		),
		section(
			'covey.progress.<kind>.<id>',
			'News of a running job, not durable, at most five a second. **Published by** the host that does the job.',
			describeSchema(ProgressNews, 'output'),
			"nats sub 'covey.progress.>'",
		),
		section(
			'covey.log.<host>.<instance>',
			'Lines of an app as it prints them; a flood is cut, and says so. **Published by** the host that runs it.',
			describeSchema(LogRow, 'output'),
			"nats sub 'covey.log.>'",
		),
		section(
			'covey.hb.<host>',
			'Four heartbeats a second. **Published by** each host, unless its main thread is stuck.',
			describeSchema(Heartbeat, 'output'),
			"nats sub 'covey.hb.*'",
		),
	];
}

function section(subject: string, words: string, shape: string, example: string, codes: readonly ErrorCode[] = []): string {
	return [`### ${subject}`, words, code(shape), code(example), ...refusals(codes)].join('\n\n');
}

const refusals = (codes: readonly ErrorCode[]): string[] =>
	codes.length === 0 ? [] : [`Refusals: ${codes.map((one) => `\`${one}\``).join(', ')}.`];

const code = (text: string): string =>
	text
		.split('\n')
		.map((line) => `    ${line}`)
		.join('\n');
