import { defineConfig } from 'vitest/config';
import EvenShards from './test/helpers/even-shards.ts';

// Whole clusters beside the unit tests, in the machine's own network: apps are downloaded, and this lane has time left.
const online = ['disturbed', 'kills', 'recover', 'torrents', 'trouble', 'update'].map((name) => `test/cluster/${name}.test.ts`);
// Tests that start servers or whole hosts run one file at a time, since they share the ports of their network.
const withProcesses = [
	...['cluster', 'contract', 'e2e', 'nats'].map((folder) => `test/${folder}/**/*.test.ts`),
	'test/net/courses.test.ts',
	'test/net/cut-off.test.ts',
];

export default defineConfig({
	test: {
		reporters: ['default', './test/helpers/count-reporter.ts'],
		sequence: { sequencer: EvenShards },
		slowTestThreshold: 2_000,
		teardownTimeout: 20_000,
		projects: [
			{
				test: {
					name: 'unit',
					include: ['test/**/*.test.ts'],
					exclude: [...withProcesses, ...online],
					maxWorkers: 2,
					testTimeout: 20_000,
					hookTimeout: 20_000,
					sequence: { groupOrder: 0 },
				},
			},
			{
				test: {
					name: 'online',
					include: online,
					fileParallelism: false,
					testTimeout: 120_000,
					hookTimeout: 60_000,
					sequence: { groupOrder: 1 },
				},
			},
			{
				test: {
					name: 'processes',
					include: withProcesses,
					exclude: online,
					fileParallelism: false,
					testTimeout: 120_000,
					hookTimeout: 60_000,
					sequence: { groupOrder: 2 },
				},
			},
		],
	},
});
