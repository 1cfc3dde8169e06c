import { CoveyError } from '../runtime/engine/errors.ts';

/** Why a nats-server ended, from its exit code or signal and what it logged in that run. */
export function explainExit(code: number | null, signal: string | null, log: string): CoveyError {
	const how = signal === null ? `with code ${code}` : `by ${signal}`;
	const lines = log.split('\n').filter((line) => /\[FTL\]|\[ERR\]|nats-server:|panic:|fatal error:/.test(line));
	const last = lines.at(-1)?.replace(/^.*?\[(FTL|ERR)\] /, '') ?? '';
	const details = { code, signal, log: lines.slice(-5) };
	if (code !== null && code !== 0) {
		const taken = lines.find((line) => /address already in use/.test(line));
		if (taken) {
			const address = /listen tcp\d? ([^ ]+): bind/.exec(taken)?.[1] ?? 'an address it needs';
			return new CoveyError('ADDRESS_IN_USE', `nats-server cannot listen on ${address}: another program uses it.`, {
				details: { ...details, address },
			});
		}
		if (/no space left on device/.test(last))
			return new CoveyError('DISK_FULL', `nats-server ended ${how}: ${last}`, { details });
		if (/JetStream|store|corrupt|recover/i.test(last)) {
			return new CoveyError('NATS_STORE_CORRUPT', `nats-server cannot use its store: ${last}`, { details });
		}
	}
	return new CoveyError('NATS_SERVER_FAILED', `nats-server ended ${how}${last ? `: ${last}` : '.'}`, { details });
}
