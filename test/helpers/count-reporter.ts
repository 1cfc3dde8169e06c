// Ends a run with one line that machines read: `N passed, N failed, N skipped`.
import type { Reporter, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
	#line = '';

	onTestRunEnd: NonNullable<Reporter['onTestRunEnd']> = (modules, unhandledErrors) => {
		const count = countTests(modules, unhandledErrors.length);
		if (process.env['CI'] === 'true' && count.skipped > 0) {
			process.exitCode = 1;
			this.#line = `With CI=true nothing may be skipped:\n${skippedTests(modules).join('\n')}\n`;
		}
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
