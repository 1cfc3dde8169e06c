// Runs a host or a demo until it is told to end.

export interface Ending {
	signal: AbortSignal;
	/** `alone`: this host leaves a cluster that goes on. `together`: its demo ends as a whole, or is gone. */
	asked: Promise<'alone' | 'together'>;
}

/** Resolves with the exit code. A second signal ends at once. */
export async function untilSignal(work: (ending: Ending) => Promise<void>): Promise<number> {
	const controller = new AbortController();
	const asked = new Promise<'alone' | 'together'>((resolve) => {
		const end = (how: 'alone' | 'together') => {
			if (controller.signal.aborted) process.exit(1);
			controller.abort();
			resolve(how);
		};
		process.on('SIGTERM', () => end('alone'));
		process.on('SIGINT', () => end('alone'));
		process.once('disconnect', () => end('together'));
	});
	await work({ signal: controller.signal, asked });
	return 0;
}
