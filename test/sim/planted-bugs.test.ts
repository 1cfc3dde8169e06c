// Mutation tests of the simulator: a defect that it cannot see would not be seen in the product either.
import { expect, test } from 'vitest';
import { PLANTED } from './planted-bugs.ts';
import { simulate } from './simulate.ts';

const SEEDS = 150;

test.each(PLANTED)('"$name" is caught', { timeout: 120_000 }, async ({ plant, knobs, caughtAs }) => {
	for (let seed = 1; seed <= SEEDS; seed++) {
		const [violation] = (await simulate(seed, { plant, ...(knobs && { knobs }) })).violations;
		if (violation && caughtAs.includes(violation.invariant)) return;
	}
	expect.fail(`not caught as ${caughtAs.join(' or ')} within ${SEEDS} seeds`);
});
