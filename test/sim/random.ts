// One seeded source of all chance in a simulation: the same seed gives the same run.

export interface Random {
	/** [0, 1). */
	next(): number;
	/** [low, high). */
	between(low: number, high: number): number;
	/** A whole number in [low, high]. */
	int(low: number, high: number): number;
	chance(probability: number): boolean;
	pick<T>(from: readonly T[]): T;
	/** Exponential with this mean: mostly short, sometimes long. */
	around(mean: number): number;
	/** An independent source, so that drawing more here changes nothing there. */
	fork(): Random;
}

export function random(seed: number): Random {
	const next = sfc32(splitmix(seed));
	const between = (low: number, high: number) => low + next() * (high - low);
	return {
		next,
		between,
		int: (low, high) => low + Math.floor(next() * (high - low + 1)),
		chance: (probability) => next() < probability,
		pick: (from) => from[Math.floor(next() * from.length)] as (typeof from)[number],
		around: (mean) => -mean * Math.log(1 - next()),
		fork: () => random(Math.floor(next() * 2 ** 32)),
	};
}

function splitmix(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x9e3779b9) >>> 0;
		let mixed = state ^ (state >>> 16);
		mixed = Math.imul(mixed, 0x21f0aaad);
		mixed ^= mixed >>> 15;
		mixed = Math.imul(mixed, 0x735a2d97);
		return (mixed ^ (mixed >>> 15)) >>> 0;
	};
}

function sfc32(seeds: () => number): () => number {
	let a = seeds() | 0;
	let b = seeds() | 0;
	let c = seeds() | 0;
	let counter = 1;
	const draw = () => {
		const sum = (((a + b) | 0) + counter) | 0;
		counter = (counter + 1) | 0;
		a = b ^ (b >>> 9);
		b = (c + (c << 3)) | 0;
		c = ((c << 21) | (c >>> 11)) + sum;
		return (sum >>> 0) / 2 ** 32;
	};
	for (let i = 0; i < 12; i++) draw();
	return draw;
}
