// What counts how much when a host is chosen: the document `placement` of the bucket `config`.
import { z } from 'zod';
import { Points } from '../../runtime/engine/units.ts';

/** Shares of the score, in sum 100 (FEATURES P1). */
export const WEIGHTS = { memory: 40, disk: 30, cpu: 15, load: 10, reliability: 5 } as const;

const Share = Points.min(0).max(100).describe('points of 100');

/** Any sum above 0: they are scaled to 100. */
export const Weights = z
	.object({ memory: Share, disk: Share, cpu: Share, load: Share, reliability: Share })
	.refine((weights) => Object.values(weights).some((weight) => weight > 0), 'one weight must be above 0');
export type Weights = z.infer<typeof Weights>;

export const PLACEMENT_KEY = 'placement';
export const PlacementSettings = z.object({ schema: z.literal(1), weights: Weights });
export type PlacementSettings = z.infer<typeof PlacementSettings>;

/** `memory=50,load=0` over `before`; null with what is wrong. */
export function parseWeights(text: string, before: Weights): { weights: Weights } | { wrong: string } {
	const weights: Record<string, number> = { ...before };
	for (const part of text.split(',')) {
		const [, name, value] = /^([a-z]+)=(\d+(?:\.\d+)?)$/.exec(part.trim()) ?? [];
		if (name === undefined || !(name in WEIGHTS))
			return { wrong: `use NAME=NUMBER with ${Object.keys(WEIGHTS).join(', ')}, not "${part}"` };
		weights[name] = Number(value);
	}
	const parsed = Weights.safeParse(weights);
	return parsed.success ? { weights: parsed.data } : { wrong: parsed.error.issues.map(({ message }) => message).join('; ') };
}
