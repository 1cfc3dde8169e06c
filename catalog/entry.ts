// What a catalog file may say. One schema for the files, the loader's messages and the type.
import { z } from 'zod';
import { Name } from '../runtime/engine/record.ts';
import { Bytes, Duration, ExactVersion } from './quantity.ts';

const RelativePath = z
	.string()
	.min(1)
	.refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'must be a path inside the volume, without ".."');

const Port = z.int().min(1).max(65_535);

const Check = z.discriminatedUnion('type', [
	/** Well when it answers 200-399, or one of `expect`. */
	z.strictObject({
		type: z.literal('http'),
		port: Name,
		path: z.string().startsWith('/'),
		expect: z.array(z.int().min(100).max(599)).min(1).optional(),
	}),
	z.strictObject({ type: z.literal('tcp'), port: Name }),
	/** Well when it ends with 0. */
	z.strictObject({ type: z.literal('command'), command: z.array(z.string()).min(1) }),
]);

const Health = z.strictObject({
	check: Check,
	interval: Duration.default(10_000),
	timeout: Duration.default(5_000),
	retries: z.int().min(1).default(3),
	startPeriod: Duration.default(60_000),
});

const Run = {
	/** argv with placeholders, never a shell line. */
	command: z.array(z.string()).min(1),
	env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of an environment variable'), z.string()).default({}),
};

const Process = z.discriminatedUnion('type', [
	z.strictObject({
		type: z.literal('npm'),
		package: z.string().regex(/^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/, 'is no name of an npm package'),
		version: ExactVersion,
		/** Versions forced on packages it depends on. */
		overrides: z.record(z.string(), ExactVersion).optional(),
		...Run,
	}),
	z.strictObject({
		type: z.literal('binary'),
		program: z.string().regex(/^[A-Za-z0-9._+-]+$/, 'is the name of a program, without a path'),
		minVersion: z
			.string()
			.regex(/^\d+(\.\d+)*$/, 'must be numbers with dots, like 1.19')
			.optional(),
		/** How a person installs the program. */
		hint: z.string().min(1),
		...Run,
	}),
]);

export const CatalogEntry = z
	.strictObject({
		schema: z.literal(1),
		name: Name,
		title: z.string().min(1),
		/** One sentence: what it is for. */
		summary: z.string().min(1).max(200),
		category: z.string().min(1),
		homepage: z.url().optional(),
		license: z.string().min(1),
		resources: z.strictObject({
			/** Bytes. */
			memory: z.strictObject({ min: Bytes, recommended: Bytes.optional() }),
			/** Bytes. */
			disk: z.strictObject({ min: Bytes }),
			cores: z.number().positive().default(1),
		}),
		ports: z
			.array(
				z.strictObject({
					name: Name,
					default: Port,
					protocol: z.enum(['tcp', 'udp']).default('tcp'),
					/** Where a browser finds the app on this port. */
					web: z.string().startsWith('/').optional(),
				}),
			)
			.default([]),
		volumes: z
			.array(
				z.strictObject({
					name: Name,
					/** Data that must move with the app and never be lost. */
					state: z.literal(true).default(true),
					folders: z.array(RelativePath).default([]),
					/** First content of files, written when the volume is new. */
					files: z.record(RelativePath, z.string()).optional(),
				}),
			)
			.default([]),
		health: Health.nullable().default(null),
		process: Process,
		/** SIGTERM, then SIGKILL after this long, ms. */
		stopTimeout: Duration.default(10_000),
	})
	.superRefine((entry, context) => {
		const say = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
		for (const [field, list] of [['ports', entry.ports] as const, ['volumes', entry.volumes] as const]) {
			const names = list.map(({ name }) => name);
			for (const [index, name] of names.entries())
				if (names.indexOf(name) !== index) say([field, index, 'name'], `"${name}" is there twice`);
		}
		const check = entry.health?.check;
		if (check && check.type !== 'command' && !entry.ports.some(({ name }) => name === check.port)) {
			say(['health', 'check', 'port'], `there is no port called "${check.port}"`);
		}
	});
export type CatalogEntry = z.infer<typeof CatalogEntry>;
