// Whoever reads what we print may go before we are done: `covey timeline notes | head -3`.

/** Then this program ends quietly, as others do in a pipe; one that serves goes on, and nobody reads what it says. */
export function endWithReader(outputs: readonly NodeJS.WritableStream[], isServing: () => boolean): void {
	for (const output of outputs)
		output.on('error', (error: NodeJS.ErrnoException) => {
			if (error.code !== 'EPIPE') throw error;
			if (!isServing()) process.exit();
		});
}
