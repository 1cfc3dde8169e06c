// How people get at an app: routes, single sign-on and widgets, as data.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { Duration } from '../quantity.ts';
import { Environment } from './words.ts';

const UrlPath = z.string().startsWith('/');

export const RouteField = z.strictObject({
	port: Name.describe('one of `ports`'),
	subdomain: Name.optional().describe("by default the instance's name"),
	path: UrlPath.default('/'),
	https: z.boolean().default(false).describe('the app itself talks TLS on this port'),
	maxBody: z
		.string()
		.regex(/^\d+[MG]$/, 'must be a size like 512M or 10G')
		.optional()
		.describe('largest upload'),
});

export const SingleSignOn = z.discriminatedUnion('type', [
	z.strictObject({
		type: z.literal('oidc'),
		callbacks: z.array(UrlPath).min(1).describe('where the provider sends people back to, below the address of the app'),
		scopes: z.array(z.string()).default(['openid', 'profile', 'email']),
		environment: Environment.default({}).describe(
			`set when a provider is there; \${sso.issuer}, \${sso.discovery}, \${sso.clientId}, \${sso.clientSecret}, \${sso.providerName} and \${url} count`,
		),
		byHand: z.string().min(1).optional().describe('what a person does in the app where environment is not enough'),
	}),
	z.strictObject({
		type: z.literal('header').describe('trusts a header set by the proxy'),
		environment: Environment.default({}),
	}),
	z.strictObject({ type: z.literal('proxy').describe('knows no users; the proxy asks for a login before it') }),
	z.strictObject({ type: z.literal('ldap'), byHand: z.string().min(1) }),
]);

const WidgetSetting = z.strictObject({
	name: Name,
	label: z.string().min(1),
	type: z.enum(['number', 'text', 'boolean', 'choice']),
	default: z.union([z.string(), z.number(), z.boolean()]),
	min: z.number().optional(),
	max: z.number().optional(),
	choices: z.array(z.string()).min(1).optional(),
});

export const Widget = z.strictObject({
	name: Name,
	title: z.string().min(1),
	summary: z.string().min(1).max(200),
	size: z.enum(['small', 'medium', 'large']).default('small').describe('1×1, 2×1, 2×2'),
	resizable: z.boolean().default(true),
	refresh: Duration.default(60_000),
	source: z
		.strictObject({
			port: Name,
			path: UrlPath,
			headers: z.record(z.string(), z.string()).default({}),
		})
		.describe('asked by the host the app runs on; answers JSON'),
	shows: z
		.array(
			z.strictObject({
				label: z.string().min(1),
				value: z.string().regex(/^(\.[A-Za-z0-9_-]+|\[\d+\])+$|^\.$/, 'must be a path like .queue.total or .items[0].name'),
				unit: z.enum(['count', 'bytes', 'percent', 'seconds', 'text', 'time']).default('text'),
			}),
		)
		.min(1),
	settings: z.array(WidgetSetting).default([]),
});
