import { SetupFailure } from './failure.mjs';
import { NATS_MINIMUM } from './pins.mjs';

/**
 * The first way that gives a usable nats-server. A way is `{ name, fetches?, find(): Promise<Answer> }` with Answer one of
 * `{ found: path, version }`, `{ passed: why }` (does not apply or failed: the next way is tried) and `{ refused: why }`
 * (the person asked for exactly this one: no other is taken). Throws SetupFailure when no way is left, naming each reason.
 */
export async function findNatsServer(ways) {
	const result = await tryInOrder(ways);
	if ('found' in result) return result;
	throw new SetupFailure('No usable nats-server was found, and none could be fetched.', {
		why: `these ways were tried:\n    ${result.tried.join('\n    ')}`,
		next: `install Go (then run the command again), or put a nats-server ${NATS_MINIMUM} or newer on PATH, or name one with COVEY_NATS_SERVER=/path/to/nats-server`,
	});
}

/** The same among those that fetch nothing, or null. */
export async function presentNatsServer(ways) {
	const result = await tryInOrder(ways.filter((way) => !way.fetches));
	return 'found' in result ? result : null;
}

async function tryInOrder(ways) {
	const tried = [];
	for (const way of ways) {
		const answer = await way.find();
		if ('found' in answer) return answer;
		if ('refused' in answer) throw refused(way.name, answer.refused);
		tried.push(`${way.name}: ${answer.passed}`);
	}
	return { tried };
}

function refused(name, why) {
	return new SetupFailure('The nats-server you chose cannot be used.', {
		why: `${name}: ${why}`,
		next: `let ${name} name a nats-server ${NATS_MINIMUM} or newer, or unset it to have one fetched`,
	});
}
