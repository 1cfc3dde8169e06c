// One random course: a cluster, people at work, faults from a seed; then everything is mended, and everything must be right.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from '../cluster/findings.ts';
import { verify } from '../cluster/verifier.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Clients, startClients } from './clients.ts';
import { type NetCluster, startCluster } from './cluster.ts';
import { courseOf, faultName, type Planned } from './faults.ts';
import { type Call, calledBy, historyComplaints } from './history.ts';
import { strike } from './strike.ts';

export interface CourseOptions {
	seed: number;
	hosts: number;
	faults: number;
	/** Some of the faults are clocks that jump; needs a C compiler. */
	clocks: boolean;
	/** What it leaves (logs, records, answers) stays in its folder. */
	keep: boolean;
	say(line: string): void;
}

export interface CourseEnd {
	/** Empty: V1-V9 hold, and every answer was true. */
	complaints: string[];
	calls: readonly Call[];
	/** From the end of the last fault until a new command was committed from every host, ms. */
	commandsMs: number;
	/** Until the cluster was whole and everything at rest, ms. */
	wholeMs: number;
	adoptions: number;
}

const CLIENTS = 3;
// So many that no actor makes 64 steps while the stream of the timeline, which the faults interrupt too, is behind.
const PASSING = ['ash', 'box', 'cork', 'date', 'elder', 'fig', 'gorse', 'hazel', 'iris', 'juniper'];
const LASTING = ['kept-1', 'kept-2'];

export async function runCourse({ seed, hosts, faults, clocks, keep, say }: CourseOptions): Promise<CourseEnd> {
	await using cluster = await startCluster(hosts, { clocks });
	try {
		for (const [index, name] of LASTING.entries()) await cluster.create(cluster.names[index] as string, 'notes', name);
		for (const name of LASTING) await cluster.untilPhase(name, ['running']);
		for (const name of LASTING) await cluster.plant(name);
		const course = courseOf(seed, { hosts: cluster.names, faults, clocks });
		const clients = startClients(cluster, { seed, hosts: cluster.names.slice(-CLIENTS), passing: PASSING, lasting: LASTING });
		await strikeAll(cluster, course, (words) => say(`seed ${seed} ${words}`));
		const end = { ...(await mended(cluster, clients)), ...(await examined(cluster, clients, course)) };
		say(`seed ${seed}: ${summary(end)}`);
		if (end.complaints.length > 0) say(`seed ${seed} failed:\n${end.complaints.join('\n')}`);
		return end;
	} finally {
		if (keep) say(`what it left: ${cluster.keep()}`);
	}
}

async function strikeAll(cluster: NetCluster, course: readonly Planned[], say: (words: string) => void): Promise<void> {
	const began = performance.now();
	for (const [index, planned] of course.entries()) {
		say(
			`fault ${index + 1}/${course.length} at ${inSeconds(performance.now() - began)}: ${faultName(planned)} for ${inSeconds(planned.forMs)}`,
		);
		await strike(cluster, planned);
	}
}

async function mended(cluster: NetCluster, clients: Clients): Promise<Pick<CourseEnd, 'commandsMs' | 'wholeMs'>> {
	const from = performance.now();
	await Promise.all([clients.stop(), ...cluster.names.map((host) => cluster.create(host, 'notes', `after-${host}`))]);
	const commandsMs = performance.now() - from;
	await cluster.untilWhole(180_000);
	return { commandsMs, wholeMs: performance.now() - from };
}

async function examined(
	cluster: NetCluster,
	clients: Clients,
	course: readonly Planned[],
): Promise<Omit<CourseEnd, 'commandsMs' | 'wholeMs'>> {
	const findings = await eventually('what is left can be read', () => cluster.findings());
	const behindMs = Math.max(0, ...course.map((fault) => (fault.type === 'clock' ? Math.abs(fault.offsetMs) : 0)));
	const calls = [...calledBy('set-up', cluster.acknowledged), ...clients.calls];
	const complaints = [
		...verify({ ...findings, behindMs }),
		...historyComplaints(calls, findings.histories),
		...internals(clients.calls, findings),
	];
	const examined = { course, calls, histories: [...findings.histories] };
	writeFileSync(join(cluster.folder, 'examined.json'), JSON.stringify(examined, null, '\t'));
	const adoptions = findings.hosts.flatMap(({ log }) => log.filter(({ type }) => type === 'adopted')).length;
	return { complaints, calls: clients.calls, adoptions };
}

/** An error without a name is a mistake of ours, whatever happened. */
function internals(calls: readonly Call[], { hosts }: Findings): string[] {
	const answered = calls.flatMap(({ actor, type, outcome }) =>
		outcome.status !== 'acknowledged' && outcome.code === 'INTERNAL' ? [`V10 ${actor}: ${type} got INTERNAL`] : [],
	);
	const logged = hosts.flatMap(({ host, log }) =>
		log.flatMap((line) => (JSON.stringify(line).includes('"INTERNAL"') ? [`V10 ${host} notes ${JSON.stringify(line)}`] : [])),
	);
	return [...answered, ...logged];
}

function summary({ commandsMs, wholeMs, calls, adoptions }: CourseEnd): string {
	const count = (status: Call['outcome']['status']) => calls.filter(({ outcome }) => outcome.status === status).length;
	const slowest = Math.max(0, ...calls.map(({ sentAt, answeredAt }) => answeredAt - sentAt));
	return [
		`healed: commands from every host after ${inSeconds(commandsMs)}, whole after ${inSeconds(wholeMs)}`,
		`${calls.length} commands: ${count('acknowledged')} acknowledged, ${count('refused')} refused, ${count('unknown')} unknown, slowest ${inSeconds(slowest)}`,
		`${adoptions} adoptions`,
	].join('; ');
}

const inSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
