// What went wrong when Go was to build a program, in plain words. Pure.
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { diskFull } from './disk-full.ts';
import type { Finished } from './tool.ts';

const NOT_THERE =
	/unknown revision|invalid version|version "[^"]*" invalid|no matching versions|does not contain package|cannot find module providing|\b(404 Not Found|410 Gone)\b|module version is not available|not found: |@v\/v\S+: no such file/i;
const TOO_OLD = /requires go >= (\d+(?:\.\d+)+)/;
const NETWORK = /dial tcp|no such host|i\/o timeout|connection re(fused|set)|network is unreachable|TLS handshake|\b5\d\d [A-Z]/;

/** `name`: `miniflux.app/v2@2.3.3` */
export function goFailure(name: string, finished: Exclude<Finished, { status: 'done' }>, limitMs: number): CoveyError {
	if (finished.status === 'cancelled') return new CoveyError('CANCELLED', `The build of ${name} was cancelled.`);
	if (finished.status === 'timeout')
		return new CoveyError('BUILD_FAILED', `${name} could not be built: it took more than ${limitMs / 60_000} minutes`);
	const text = finished.lines.join('\n');
	const said = finished.lines.findLast((line) => line.trim() !== '' && !line.startsWith('go: downloading'))?.trim();
	const details = { package: name, log: finished.lines.filter((line) => !line.startsWith('go: downloading')).slice(-20) };
	if (/no space left on device|disk quota exceeded|file too large/i.test(text)) return diskFull(`building ${name}`, said);
	if (/SECURITY ERROR|checksum mismatch/.test(text))
		return new CoveyError('BUILD_FAILED', `What was fetched for ${name} is not what Go's checksum database knows of it.`, {
			details,
		});
	const needed = TOO_OLD.exec(text)?.[1];
	if (needed !== undefined)
		return new CoveyError('MISSING_PROGRAM', `${name} needs Go ${needed} or newer, and the one of this host is older.`, {
			details: { ...details, program: 'go', minVersion: needed },
		});
	if (NOT_THERE.test(text))
		return new CoveyError('PACKAGE_NOT_FOUND', `There is no ${name}, or something it needs is gone: ${said}`, { details });
	if (NETWORK.test(text)) return new CoveyError('BUILD_FAILED', `What ${name} needs could not be fetched: ${said}`, { details });
	return new CoveyError('BUILD_FAILED', `${name} could not be built: ${said ?? finished.exit}`, { details });
}
