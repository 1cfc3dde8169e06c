// Ends a run with what failed, a line each, and one line that machines read: `N passed, N failed, N skipped`.
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
	#line = '';

	onTestRunEnd: NonNullable<Reporter['onTestRunEnd']> = (modules, unhandledErrors) => {
		const count = countTests(modules, unhandledErrors.length);
		if (process.env['CI'] === 'true' && count.skipped > 0) {
			process.exitCode = 1;
			this.#line = `With CI=true nothing may be skipped:\n${skippedTests(modules).join('\n')}\n`;
		}
		const failures = failedTests(modules, unhandledErrors);
		if (failures.length > 0) this.#line += `${failures.join('\n')}\n\n`;
		this.#line += `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
		// After everything the other reporters print.
		process.once('exit', () => process.stdout.write(`\n${this.#line}\n`));
	};
}

interface Count {
	passed: number;
	failed: number;
	skipped: number;
}

// A file that cannot be loaded, and an error outside of any test, count as one failure each.
function countTests(modules: readonly TestModule[], unhandledErrors: number): Count {
	const count: Count = { passed: 0, failed: unhandledErrors, skipped: 0 };
	for (const module of modules) {
		if (module.errors().length > 0) count.failed++;
		for (const test of module.children.allTests()) {
			const { state } = test.result();
			if (state === 'passed') count.passed++;
			else if (state === 'failed') count.failed++;
			else count.skipped++;
		}
	}
	return count;
}

function skippedTests(modules: readonly TestModule[]): string[] {
	return modules.flatMap((module) =>
		[...module.children.allTests('skipped')].map((test) => `  ${module.relativeModuleId}: ${test.fullName}`),
	);
}

const LONGEST = 300;

/** Long runs are read from their end: there is what failed, and why. */
function failedTests(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): string[] {
	const why = (errors: readonly { message: string }[] | undefined): string =>
		(errors?.[0]?.message ?? 'no reason given').split('\n', 1)[0]?.slice(0, LONGEST) ?? '';
	return [
		...modules.flatMap((module) => [
			...(module.errors().length > 0 ? [`FAILED ${module.relativeModuleId}: ${why(module.errors())}`] : []),
			...[...module.children.allTests('failed')].map(
				(test) => `FAILED ${module.relativeModuleId}: ${test.fullName}: ${why(test.result().errors)}`,
			),
		]),
		...unhandledErrors.map((error) => `FAILED outside of any test: ${why([error])}`),
	];
}
