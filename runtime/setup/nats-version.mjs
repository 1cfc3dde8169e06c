import { NATS_MINIMUM } from './pins.mjs';
import { run } from './run.mjs';
import { isAtLeast, parseVersion } from './version.mjs';

/** Asks a binary for its version: `{ ok: true, version }` when Covey can use it, else `{ ok: false, reason }`. */
export async function tryNatsServer(binary, name = binary) {
	const answer = await run(binary, ['--version'], { minutes: 0.5 });
	if (!answer.ok) return { ok: false, reason: `${name} does not run: ${answer.reason}` };
	const version = parseVersion(answer.output);
	if (!version) return { ok: false, reason: `${name} is no nats-server: it answered "${answer.output.trim().split('\n')[0]}"` };
	if (!isAtLeast(version, NATS_MINIMUM)) return { ok: false, reason: `${name} is ${version}, older than ${NATS_MINIMUM}` };
	return { ok: true, version };
}
