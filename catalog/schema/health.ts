// When an app is well.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { Duration } from '../quantity.ts';
import { Arguments } from './words.ts';

const Check = z.discriminatedUnion('type', [
	z.strictObject({
		type: z.literal('http').describe('well when it answers 200-399, or one of `expect`'),
		port: Name.describe('one of `ports`'),
		path: z.string().startsWith('/'),
		expect: z.array(z.int().min(100).max(599)).min(1).optional().describe('status codes'),
	}),
	z.strictObject({ type: z.literal('tcp').describe('well when it takes a connection'), port: Name.describe('one of `ports`') }),
	z.strictObject({
		type: z.literal('command').describe('well when the command ends with 0'),
		command: Arguments,
		service: Name.optional().describe('in which of `services`; the first when left out'),
	}),
]);

export const Health = z.strictObject({
	check: Check,
	interval: Duration.default(10_000),
	timeout: Duration.default(5_000),
	retries: z.int().min(1).default(3).describe('failures in a row that make it unhealthy'),
	startPeriod: Duration.default(60_000).describe('how long a start may take'),
});
