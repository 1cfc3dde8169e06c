// Progress goes to stderr: stdout belongs to what the command prints.

let quiet = false;
const SLOW_STEP = 10_000;

export function beQuiet() {
	quiet = true;
}

export function say(line) {
	if (!quiet) process.stderr.write(`${line}\n`);
}

/** Names a long step, says every 10 s that it still runs, and how it ended: with a result, with `{ passed: why }`, or not. */
export async function step(title, work) {
	const started = Date.now();
	say(`- ${title} ...`);
	const reminder = setInterval(() => say(`  still at it, ${seconds(started)}`), SLOW_STEP);
	try {
		const result = await work();
		say(result?.passed ? `  no: ${result.passed}` : `  done in ${seconds(started)}`);
		return result;
	} catch (error) {
		say(`  failed after ${seconds(started)}`);
		throw error;
	} finally {
		clearInterval(reminder);
	}
}

function seconds(since) {
	return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
