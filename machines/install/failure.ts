// Why it failed, for the record and the view. Pure.
import type { WireError } from '../../runtime/engine/errors.ts';

/** Errors of effects arrive as data; facts carry a reason. */
export function failureOf(event: unknown): WireError {
	const { error, reason, type } = event as { error?: WireError; reason?: string; type: string };
	if (error) return { code: error.code, message: error.message, next: error.next };
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
