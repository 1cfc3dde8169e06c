// How an app runs without containers.
import { z } from 'zod';
import { ExactVersion } from '../quantity.ts';
import { Arguments, Environment, RelativePath } from './words.ts';

/** The first part has a dot: the standard library is no module. */
const GoPath = z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+(\/[A-Za-z0-9._~-]+)*$/, 'is no path of Go, like miniflux.app/v2');

const Run = {
	command: Arguments.describe('program and arguments with placeholders, never a shell line'),
	env: Environment.default({}),
};

export const Process = z.discriminatedUnion('type', [
	z.strictObject({
		type: z.literal('npm'),
		package: z.string().regex(/^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/, 'is no name of an npm package'),
		version: ExactVersion,
		overrides: z.record(z.string(), ExactVersion).optional().describe('versions forced on packages it depends on'),
		...Run,
	}),
	z
		.strictObject({
			type: z.literal('go'),
			module: GoPath.describe('a Go module, like miniflux.app/v2'),
			package: GoPath.optional().describe(
				'the program inside the module, like example.org/tool/cmd/server; left out: the module itself',
			),
			version: ExactVersion.describe('without the v that Go writes before it'),
			...Run,
		})
		.transform((go) => ({ ...go, package: go.package ?? go.module })),
	z.strictObject({
		type: z.literal('binary'),
		program: z.string().regex(/^[A-Za-z0-9._+-]+$/, 'is the name of a program, without a path'),
		minVersion: z
			.string()
			.regex(/^\d+(\.\d+)*$/, 'must be numbers with dots, like 1.19')
			.optional(),
		hint: z.string().min(1).describe('how a person installs the program'),
		folders: z
			.array(z.string().regex(/^\/[\w./*-]+$/, 'must be a path that begins with /'))
			.default([])
			.describe('where else the program may be, beside PATH; * for versions, the newest is taken'),
		user: z
			.string()
			.regex(/^[a-z_][a-z0-9_-]*$/)
			.optional()
			.describe(
				'for programs that must not run as root: the user they run as there, or nobody where the machine has no such user',
			),
		init: z
			.strictObject({ folder: RelativePath, command: Arguments })
			.optional()
			.describe(`run once, before the first start: the command makes \${folder}, which becomes this folder of the first volume`),
		...Run,
	}),
]);
export type Process = z.infer<typeof Process>;
