// The program of a witness: `covey up` becomes it where a witness lives, and says so with the same words. It loads nothing that
// belongs to apps, to actors or to the command line.
import { parseArgs } from 'node:util';
import { endWithReader } from '../cli/closed-pipe.ts';
import { exitCodeOf } from '../cli/exit-code.ts';
import { CoveyError, toWire } from '../engine/errors.ts';
import { readSettings } from '../host/cluster-settings.ts';
import { openDataDir } from '../host/data-dir.ts';
import { assertNotDeparted } from '../host/departure.ts';
import { untilSignal } from '../host/until-signal.ts';
import { runServer } from './run-server.ts';
import { witnessLife } from './witness-life.ts';

const { values } = parseArgs({
	options: { data: { type: 'string', default: '' }, json: { type: 'boolean', default: false } },
	allowPositionals: true,
});

endWithReader([process.stdout, process.stderr], () => true);

try {
	process.exitCode = await untilSignal(async (ending) => {
		const settings = readSettings(values.data);
		if (!settings?.witness) throw new CoveyError('USAGE', `There is no witness in ${values.data}: use \`covey up\`.`);
		assertNotDeparted(values.data);
		const dataDir = openDataDir({ path: values.data, host: settings.host, now: Date.now() });
		try {
			await runServer({ json: values.json, settings, dataDir, ending, live: witnessLife });
		} finally {
			dataDir.close();
		}
	});
} catch (thrown) {
	const error = toWire(thrown);
	if (values.json) process.stdout.write(`${JSON.stringify({ ok: false, error })}\n`);
	else process.stderr.write(`${error.message}\n${error.next}\n`);
	process.exitCode = exitCodeOf(error.code);
}
// A witness that failed on its way up has given up its lock: nothing of it may live on, whatever still holds the event loop.
setTimeout(() => process.exit(), 1_000).unref();
