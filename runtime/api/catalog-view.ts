// What an answer of `catalog.show` says in `entry`, for those who show it. Fields of newer hosts are left alone.
import { z } from 'zod';

const Amount = z.object({ min: z.number(), recommended: z.number().optional() });

export const CatalogView = z.object({
	license: z.string(),
	notes: z.array(z.string()),
	resources: z.object({ memory: Amount, disk: Amount, cores: z.number() }),
	arch: z.array(z.string()),
	devices: z.array(z.object({ path: z.string(), required: z.boolean(), why: z.string() })),
	labels: z.record(z.string(), z.string()),
	ports: z.array(
		z.object({ name: z.string(), default: z.number(), protocol: z.string(), web: z.string().optional(), fixed: z.boolean() }),
	),
	volumes: z.array(z.object({ name: z.string(), state: z.boolean(), shared: z.string().optional() })),
	databases: z.array(z.object({ type: z.string(), server: z.string(), state: z.boolean() })),
	secrets: z.array(z.object({ name: z.string(), shown: z.boolean() })),
	sso: z.object({ type: z.enum(['oidc', 'header', 'proxy', 'ldap']), byHand: z.string().optional() }).optional(),
	widgets: z.array(z.object({ title: z.string(), summary: z.string() })),
	health: z.object({ startPeriod: z.number() }).nullable(),
	process: z
		.discriminatedUnion('type', [
			z.object({ type: z.literal('npm'), package: z.string(), version: z.string() }),
			z.object({ type: z.literal('go'), package: z.string(), version: z.string() }),
			z.object({ type: z.literal('binary'), program: z.string(), minVersion: z.string().optional() }),
		])
		.optional(),
	services: z.record(
		z.string(),
		z.object({
			image: z.string(),
			volumes: z.array(
				z.discriminatedUnion('type', [
					z.object({ type: z.literal('volume') }),
					z.object({ type: z.literal('bind'), source: z.string(), read_only: z.boolean() }),
				]),
			),
		}),
	),
});
export type CatalogView = z.infer<typeof CatalogView>;
