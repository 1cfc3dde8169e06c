// Shares of the tests that take about the same time: vitest's own sharding goes by names, and one share took half as long again.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Of the slowest, on two cores that run three lanes. A wrong figure costs balance only. */
const SECONDS: Record<string, number> = {
	'net/courses': 146,
	'cluster/growth': 140,
	'cluster/trust': 135,
	'cluster/witness': 150,
	'net/cut-off': 82,
	'cluster/databases': 75,
	'cluster/connections': 64,
	'cluster/voters': 58,
	'cluster/plans': 57,
	'cluster/join': 53,
	'cluster/recover-leaf': 51,
	'cluster/reservations': 49,
	'cluster/neighbours': 47,
	'nats/voters-ops': 80,
	'cluster/hosts': 42,
	'cluster/cut-off': 35,
	'cluster/many': 33,
	'nats/reload': 27,
	'cluster/catalog': 23,
	'nats/stand-ins': 22,
	'nats/lone-voter': 18,
};
const OTHERS = 8;

export default class EvenShards extends BaseSequencer {
	/** The longest first, each to the share that has least so far; whoever runs a share finds the same ones. */
	override async shard(files: TestSpecification[]): Promise<TestSpecification[]> {
		const { index, count } = this.ctx.config.shard ?? { index: 1, count: 1 };
		const shares = Array.from({ length: count }, () => ({ seconds: 0, files: [] as TestSpecification[] }));
		const ordered = files.toSorted((a, b) => secondsOf(b) - secondsOf(a) || a.moduleId.localeCompare(b.moduleId));
		for (const file of ordered) {
			const share = shares.reduce((least, one) => (one.seconds < least.seconds ? one : least));
			share.seconds += secondsOf(file);
			share.files.push(file);
		}
		return shares[index - 1]?.files ?? [];
	}
}

function secondsOf({ moduleId }: TestSpecification): number {
	const [, name = ''] = /\/test\/(.+)\.test\.ts$/.exec(moduleId) ?? [];
	return SECONDS[name] ?? OTHERS;
}
