// What would put an overfull host in order, as data.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { Bytes, Percent } from '../../runtime/engine/units.ts';

export const Room = z.object({
	host: Name,
	memoryPercent: Percent.describe('of its memory in use or promised'),
	diskPercent: Percent.describe('of the disk with the data'),
});
export type Room = z.infer<typeof Room>;

export const Move = z.object({
	instance: Name,
	app: Name,
	from: Name,
	to: Name,
	memoryBytes: Bytes,
	why: z.string(),
	before: z.array(Room).describe('both hosts'),
	after: z.array(Room),
});
export type Move = z.infer<typeof Move>;

export const Advice = z.object({
	hosts: z.array(Room),
	trouble: z.array(z.object({ host: Name, words: z.string() })),
	moves: z.array(Move),
	refused: z
		.array(z.object({ instance: Name, to: Name.nullable(), words: z.string() }))
		.describe('moves that cannot be, and why'),
});
export type Advice = z.infer<typeof Advice>;
