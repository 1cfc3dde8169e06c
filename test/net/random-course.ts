// One random course: a cluster, people at work, faults from a seed; then everything is mended, and everything must be right.
import { verify } from '../cluster/verifier.ts';
import type { Acknowledged } from '../helpers/demo-cluster.ts';
import { startClients } from './clients.ts';
import { whyNoClock } from './clock.ts';
import { startCluster } from './cluster.ts';
import { courseOf, faultName } from './faults.ts';
import { type Call, historyComplaints } from './history.ts';
import { strike } from './strike.ts';

export interface CourseOptions {
	seed: number;
	hosts: number;
	faults: number;
	say(line: string): void;
}

export interface CourseEnd {
	/** Empty: V1-V9 hold, and every answer was true. */
	complaints: string[];
	calls: readonly Call[];
	/** How long the cluster took to be whole after the last fault was mended, ms. */
	healedMs: number;
	adoptions: number;
}

const CLIENTS = 3;
const PASSING = ['ash', 'box', 'cork', 'date'];
const LASTING = ['kept-1', 'kept-2'];

export async function runCourse({ seed, hosts, faults, say }: CourseOptions): Promise<CourseEnd> {
	const clocks = whyNoClock() === null;
	await using cluster = await startCluster(hosts, { clocks });
	for (const [index, name] of LASTING.entries()) await cluster.create(cluster.names[index] as string, 'notes', name);
	for (const name of LASTING) await cluster.untilPhase(name, ['running']);
	for (const name of LASTING) await cluster.plant(name);
	const course = courseOf(seed, { hosts: cluster.names, faults, clocks });
	const clients = startClients(cluster, { seed, hosts: cluster.names.slice(-CLIENTS), passing: PASSING, lasting: LASTING });
	const began = performance.now();
	const seconds = (from: number) => ((performance.now() - from) / 1_000).toFixed(1);
	for (const [index, planned] of course.entries()) {
		say(
			`seed ${seed} fault ${index + 1}/${faults} at ${seconds(began)} s: ${faultName(planned)} for ${(planned.forMs / 1_000).toFixed(1)} s`,
		);
		await strike(cluster, planned);
	}
	const mended = performance.now();
	await clients.stop();
	say(`seed ${seed}: all mended; the last answer came after ${seconds(mended)} s`);
	await cluster.untilWhole(180_000);
	const healedMs = performance.now() - mended;
	const findings = await cluster.findings();
	const behindMs = Math.max(0, ...course.map((fault) => (fault.type === 'clock' ? Math.abs(fault.offsetMs) : 0)));
	const calls = [...cluster.acknowledged.map(setUp), ...clients.calls];
	const complaints = [
		...verify({ ...findings, behindMs }),
		...historyComplaints(calls, findings.histories),
		...clients.calls.flatMap((call) =>
			call.outcome.status !== 'acknowledged' && call.outcome.code === 'INTERNAL'
				? [`V10 ${call.actor}: ${call.type} got INTERNAL`]
				: [],
		),
	];
	const adoptions = findings.hosts.flatMap(({ log }) => log.filter(({ type }) => type === 'adopted')).length;
	say(`seed ${seed}: whole after ${(healedMs / 1_000).toFixed(1)} s; ${summary(clients.calls)}; ${adoptions} adoptions`);
	if (complaints.length > 0) say(`seed ${seed} failed:\n${complaints.join('\n')}`);
	return { complaints, calls: clients.calls, healedMs, adoptions };
}

/** What was sent before the clients began. */
const setUp = ({ actor, cmdId, type, seq }: Acknowledged): Call => ({
	client: 'set-up',
	actor,
	cmdId,
	type,
	sentAt: 0,
	answeredAt: 0,
	tries: 1,
	outcome: { status: 'acknowledged', seq },
});

function summary(calls: readonly Call[]): string {
	const count = (status: Call['outcome']['status']) => calls.filter(({ outcome }) => outcome.status === status).length;
	return `${calls.length} commands: ${count('acknowledged')} acknowledged, ${count('refused')} refused, ${count('unknown')} unknown`;
}
