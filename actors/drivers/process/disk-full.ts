// One answer for every way a system says "no room": full disk, quota, file size limit.
import { CoveyError, toCoveyError } from '../../../runtime/engine/errors.ts';

/** Runs `work`; what fails for want of room rejects with DISK_FULL, all else as it was. */
export async function orDiskFull<T>(what: string, work: () => T | Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw isDiskFull(error) ? diskFull(what, error) : error;
	}
}

export const isDiskFull = (error: unknown): boolean => toCoveyError(error).code === 'DISK_FULL';

export function diskFull(what: string, cause: unknown): CoveyError {
	const text = cause instanceof Error ? cause.message : String(cause);
	return new CoveyError('DISK_FULL', `There is no room left on the disk while ${what}: ${text}`, { cause });
}
