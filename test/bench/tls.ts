// What TLS costs: transitions of a secure cluster beside those of an open one, both up at the same time, in turns.
// Not measured: hosts without AES instructions, a network that is slower than loopback.
import { type Figure, quantile } from './table.ts';
import { ACTORS, EACH, pace, startRig } from './transitions-rig.ts';

const ROUNDS = 5;
const ROUND_MS = 3_000;

export async function tls(): Promise<Figure[]> {
	await using open = await startRig({ secure: false });
	await using secure = await startRig({ secure: true });
	for (const rig of [open, secure]) await pace(rig.workers, 'transition', EACH, 1_000);
	const many = await inTurns(open, secure, EACH);
	const one = await inTurns(open, secure, 1);
	return [
		figure(`N1 transitions over TLS, ${ACTORS} actors`, many, '>= 0.8'),
		figure('N1 transitions over TLS, one actor a host', one, 'shown'),
	];
}

interface Rates {
	open: number;
	secure: number;
}

type Rig = Awaited<ReturnType<typeof startRig>>;

/** Alternating rounds, so that a noisy moment hits both. */
async function inTurns(open: Rig, secure: Rig, flights: number): Promise<Rates> {
	const rates: { open: number[]; secure: number[] } = { open: [], secure: [] };
	for (let round = 0; round < ROUNDS; round++) {
		rates.open.push((await pace(open.workers, 'transition', flights, ROUND_MS)).rate);
		rates.secure.push((await pace(secure.workers, 'transition', flights, ROUND_MS)).rate);
	}
	return { open: quantile(rates.open, 0.5), secure: quantile(rates.secure, 0.5) };
}

const figure = (name: string, rates: Rates, goal: '>= 0.8' | 'shown'): Figure => ({
	name,
	ours: rates.secure,
	unit: '/s',
	beside: { what: 'plain', value: rates.open },
	ratio: rates.secure / rates.open,
	goal,
	met: goal === 'shown' || rates.secure / rates.open >= 0.8,
});
