// What an app needs of others: integrations, databases, secrets.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { Hook } from './hooks.ts';

export const IntegrationField = z.strictObject({
	name: Name,
	words: z
		.string()
		.regex(/^(an?|the) \S/, 'must begin with its article: "a download client"')
		.describe('what it is, with its article: a download client'),
	required: z.boolean().default(false),
	many: z.boolean().default(false).describe('several at once'),
	apps: z.array(Name).default([]).describe('apps that will do'),
	capability: Name.optional().describe('any app that provides this will do, too'),
	recommended: Name.optional().describe('taken where nobody chooses'),
	hooks: z
		.array(Hook)
		.default([])
		.describe(
			`what connects the two; \${partner.url}, \${partner.host}, \${partner.instance}, \${partner.port.NAME} and \${partner.secret.NAME} are of the other app`,
		),
});

export const DATABASE_TYPES = ['postgres', 'mariadb', 'redis'] as const;

export const DatabaseField = z
	.strictObject({
		type: z.enum(DATABASE_TYPES),
		name: Name.optional().describe(`for placeholders: \${database.NAME.url}; the type when left out`),
		server: z.enum(['shared', 'dedicated']).default('shared').describe('dedicated: it cannot live beside others on one server'),
		minVersion: z
			.string()
			.regex(/^\d+(\.\d+)*$/, 'must be numbers with dots, in quotes, like "15"')
			.optional(),
		extensions: z
			.array(z.string().regex(/^[a-z][a-z0-9_-]*$/))
			.default([])
			.describe('of PostgreSQL, made by its superuser'),
		state: z.boolean().optional().describe('data that must move with the app and never be lost; left out: true, but for redis'),
	})
	.transform((database) => ({
		...database,
		name: database.name ?? database.type,
		state: database.state ?? database.type !== 'redis',
	}));
export type DatabaseField = z.infer<typeof DatabaseField>;

/** What `${database.NAME.…}` may end with. */
export const DATABASE_WORDS = ['host', 'port', 'name', 'user', 'password', 'url'] as const;

export const SecretField = z.strictObject({
	name: Name.describe(`for placeholders: \${secret.NAME}`),
	format: z.enum(['hex', 'letters', 'base64']).default('letters').describe('letters: also digits'),
	length: z.int().min(16).max(128).default(32).describe('characters; for base64 the bytes behind them'),
	shown: z.boolean().default(false).describe('true: a person needs it, for instance a first password'),
});
