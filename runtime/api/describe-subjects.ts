// docs/subjects.md, made from the schemas that the hosts themselves parse with. Pure.
import { z } from 'zod';
import { HostFacts } from '../../machines/host/contract.ts';
import { InstallCommand, InstallData, PHASES } from '../../machines/install/contract.ts';
import { CreateInstall, LogRow, ProgressNews, QUESTIONS, type Question } from './contract.ts';

interface Schema {
	type?: string | string[];
	const?: unknown;
	enum?: unknown[];
	properties?: Record<string, Schema>;
	required?: string[];
	items?: Schema | boolean;
	prefixItems?: Schema[];
	anyOf?: Schema[];
	oneOf?: Schema[];
	additionalProperties?: Schema | boolean;
	pattern?: string;
	default?: unknown;
}

const WORDS: Record<Question, string> = {
	hosts: 'Every known host with its facts and presence, and the totals of the cluster.',
	apps: 'The installed apps.',
	catalog: 'The apps that can be installed.',
	actors: 'Every durable actor: who owns it, what it does, which deadlines it has.',
	show: 'One actor in full, with its latest jobs and their output.',
	timeline: 'The steps of an actor, oldest first, with what was done.',
	replay: 'Folds the recorded steps again and compares.',
	place: 'Where an app would go, and why. Changes nothing.',
	logs: 'What an app has printed, the newest lines.',
	doctor: 'What is wrong, and what to do.',
};

const SAMPLES: Partial<Record<Question, string>> = {
	actors: '{"kind":"install"}',
	show: '{"actor":"install/node-red"}',
	timeline: '{"actor":"install/node-red","limit":50}',
	replay: '{"actor":"install/node-red"}',
	place: '{"app":"node-red"}',
	logs: '{"instance":"node-red","lines":100}',
};

export function describeSubjects(): string {
	return `${[
		'# Subjects',
		'Every command is a NATS request, every change a NATS message. Payloads are JSON. This page is made from the schemas that the hosts parse with (`npm run docs`); a test compares them.',
		'An answer is `{"ok":true,…}` or `{"ok":false,"error":{"code","message","next","details"}}`; the codes are in [errors.md](errors.md). Times are ms since 1970, sizes are bytes. Fields with `?` may be absent.',
		'The hosts answer the NATS service protocol as the service `covey`: `nats micro ls`, `nats micro info covey`, `nats micro stats covey`.',
		'## Commands',
		section(
			'covey.create.install',
			'Installs an app. Any host answers; the reply comes when it is durable. `cmdId` is new for each wish: the same one gets the same answer and is applied once. `name` is the instance, by default the app.',
			CreateInstall,
			'nats req covey.create.install \'{"cmdId":"a1","app":"node-red"}\'',
			'{"ok":true,"seq":1,"phase":"queued"}',
		),
		section(
			'covey.cmd.install.<instance>',
			'A command for one install; its owner answers. With it go `cmdId` (1-64 characters) and, if you like, `by`. `actor.unpark` is taken by any parked actor.',
			InstallCommand,
			'nats req covey.cmd.install.node-red \'{"cmdId":"a2","type":"install.stop"}\'',
			'{"ok":true,"seq":8,"phase":"stopping"}',
		),
		'No answer, `ACTOR_MOVED`, `STORE_UNAVAILABLE` or a time-out: ask again with the same `cmdId`. The store can pause for ten seconds when its leader dies.',
		'## Questions',
		'Any host answers from what it knows. An empty payload counts as `{}`. The answer is `{"ok":true,"data":…}`.',
		...(Object.keys(QUESTIONS) as Question[]).map((name) => question(name)),
		'## News',
		news(
			'covey.view.<kind>.<id>',
			`The actor's record, published by the server after each commit. Read \`view\` (\`phase\`, \`words\`, \`can\`, \`since\`, \`data\`), \`owner\`, \`epoch\`, \`seq\` and \`last\`; the rest is the engine's. The header \`Nats-Last-Sequence\` names the record before. Phases of an install: ${PHASES.map((phase) => `\`${phase}\``).join(', ')}. Its \`view.data\`:`,
			InstallData,
			"nats sub 'covey.view.>'",
		),
		news(
			'covey.progress.<kind>.<id>',
			'News of a running job; not durable, at most five a second.',
			ProgressNews,
			"nats sub 'covey.progress.>'",
		),
		news(
			'covey.log.<host>.<instance>',
			'Lines of an app as it prints them; a flood is cut, and says so.',
			LogRow,
			"nats sub 'covey.log.>'",
		),
		news(
			'covey.hb.<host>',
			'Four heartbeats a second.',
			z.object({
				host: z.string(),
				incarnation: z.number(),
				at: z.number(),
				machines: z.array(z.string()),
				adopting: z.boolean(),
				blinked: z.boolean(),
			}),
			"nats sub 'covey.hb.*'",
		),
		'## Between hosts',
		'`covey.host.<host>.job`, `.retire`, `.done`, `.ping`, `.observe` and `.ask` are for hosts only. They may change with any version.',
		'## Facts of a host',
		'The documents of the bucket `covey_hosts`, also part of `covey.q.hosts`:',
		code(shapeOf(z.toJSONSchema(HostFacts, { io: 'output' }) as Schema)),
	].join('\n\n')}\n`;
}

function question(name: Question): string {
	const { input, output } = QUESTIONS[name];
	const payload = SAMPLES[name] ?? '';
	const wants = shapeOf(z.toJSONSchema(input, { io: 'input' }) as Schema);
	return [
		`### covey.q.${name}`,
		WORDS[name],
		code(`nats req covey.q.${name} '${payload}'`),
		wants === '{}' ? 'It takes nothing.' : `It takes:\n\n${code(wants)}`,
		`Its \`data\`:\n\n${code(shapeOf(z.toJSONSchema(output, { io: 'output' }) as Schema))}`,
	].join('\n\n');
}

const section = (subject: string, words: string, schema: z.ZodType, example: string, reply: string): string =>
	[`### ${subject}`, words, code(shapeOf(z.toJSONSchema(schema, { io: 'input' }) as Schema)), code(`${example}\n${reply}`)].join(
		'\n\n',
	);

const news = (subject: string, words: string, schema: z.ZodType, example: string): string =>
	[`### ${subject}`, words, code(shapeOf(z.toJSONSchema(schema, { io: 'output' }) as Schema)), code(example)].join('\n\n');

const code = (text: string): string =>
	text
		.split('\n')
		.map((line) => `    ${line}`)
		.join('\n');

/** A schema as a person writes a type. */
function shapeOf(schema: Schema, indent = ''): string {
	if (schema.const !== undefined) return JSON.stringify(schema.const);
	if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
	const choices = schema.anyOf ?? schema.oneOf;
	if (choices) return choices.map((choice) => shapeOf(choice, indent)).join(' | ');
	if (schema.type === 'array')
		return schema.prefixItems
			? `[${schema.prefixItems.map((item) => shapeOf(item, indent)).join(', ')}]`
			: `${listItem(schema, indent)}[]`;
	if (schema.type === 'object') return objectShape(schema, indent);
	return schema.type === undefined ? 'anything' : [schema.type].flat().join(' | ');
}

function listItem({ items }: Schema, indent: string): string {
	const item = typeof items === 'object' ? shapeOf(items, indent) : 'anything';
	return item.includes(' | ') ? `(${item})` : item;
}

function objectShape({ properties = {}, required = [], additionalProperties }: Schema, indent: string): string {
	const fields = Object.entries(properties);
	if (fields.length === 0)
		return typeof additionalProperties === 'object' ? `{ [name]: ${shapeOf(additionalProperties, indent)} }` : '{}';
	const inner = `${indent}  `;
	const lines = fields.map(([name, schema]) => {
		const fallback = schema.default === undefined ? '' : `  (default ${JSON.stringify(schema.default)})`;
		return `${inner}${name}${required.includes(name) ? '' : '?'}: ${shapeOf(schema, inner)}${fallback}`;
	});
	return `{\n${lines.join('\n')}\n${indent}}`;
}
