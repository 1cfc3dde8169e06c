// Why it failed, for the record and the view. Pure.
import { ERRORS, type ErrorCode, type WireError } from '../../runtime/engine/errors.ts';

/** Errors of effects arrive as data; facts carry a reason. */
export function failureOf(event: unknown): WireError {
	const { error, reason, code, type } = event as { error?: WireError; reason?: string; code?: string; type: string };
	if (error) return { code: error.code, message: error.message, next: error.next };
	if (code !== undefined && reason !== undefined && code in ERRORS)
		return { code: code as ErrorCode, message: reason, next: ERRORS[code as ErrorCode].next };
	if (type === 'app.unhealthy')
		return {
			code: 'UNHEALTHY',
			message: reason ?? 'The health check fails.',
			next: 'Read `covey logs`; it heals itself where it can, `covey restart` tries now.',
		};
	if (type === 'app.failed')
		return {
			code: 'START_FAILED',
			message: reason ?? 'The app does not stay up.',
			next: 'Read `covey logs`; then `covey restart`.',
		};
	return { code: 'HOST_LOST', message: 'Its host is lost.', next: 'Bring the host back, or choose another host.' };
}

/** The data is on the disk of a host that is no member any more. */
export function forgottenFailure(host: string | null, { how, departedAt }: { how: string; departedAt: number }): WireError {
	const when = `${new Date(departedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
	return {
		code: 'HOST_FORGOTTEN',
		message: `Its data is on the disk of ${host}; ${how === 'left' ? `${host} left the cluster` : 'it was forgotten'} on ${when}.`,
		next: `Remove the app here; or let ${host} join again with its disk, then retry.`,
	};
}
