// How an app runs without containers.
import { z } from 'zod';
import { ExactVersion } from '../quantity.ts';
import { Arguments, Environment } from './words.ts';

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
	z.strictObject({
		type: z.literal('binary'),
		program: z.string().regex(/^[A-Za-z0-9._+-]+$/, 'is the name of a program, without a path'),
		minVersion: z
			.string()
			.regex(/^\d+(\.\d+)*$/, 'must be numbers with dots, like 1.19')
			.optional(),
		hint: z.string().min(1).describe('how a person installs the program'),
		...Run,
	}),
]);
export type Process = z.infer<typeof Process>;
