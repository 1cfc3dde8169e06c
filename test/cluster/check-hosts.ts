// What the hosts did and have: V1, V3, V7, V8 and V9, from journals, logs, plans, disks and processes.
import { InstallData } from '../../machines/install/contract.ts';
import { type Findings, type HostFindings, newest } from './findings.ts';

export function hostComplaints(findings: Findings): string[] {
	return [
		...findings.hosts.flatMap((host) => [...effects(findings, host), ...fences(host)]),
		...units(findings),
		...places(findings),
		...findings.doubles.map((line) => `V7 ${line}`),
		...data(findings),
		...planted(findings),
	];
}

/** A job began only after the commit that asked for it, with the token of that commit. */
function effects({ histories, behindMs = 0 }: Findings, { host, jobs }: HostFindings): string[] {
	return jobs.flatMap(({ key, actor, token, created }) => {
		const asked = histories
			.get(actor)
			?.find(({ record }) => record.seq === token && Object.values(record.effects).some((effect) => effect.key === key));
		if (!asked) return [`V1 ${actor}: ${host} ran ${key}, which no commit asked for`];
		// The clock of the store and of the host are one: all of this runs on one machine.
		const early = Math.floor(asked.at ?? asked.record.last.at) - created;
		return early > behindMs ? [`V1 ${actor}: ${host} began ${key} ${early} ms before its commit`] : [];
	});
}

/** A host never begins a job of an epoch below one it has seen. */
function fences({ host, log }: HostFindings): string[] {
	const highest = new Map<string, number>();
	return log.flatMap((line) => {
		if (!['jobRefused', 'jobBegan', 'jobAttached'].includes(line.type)) return [];
		const actor = String(line.key).split('/').slice(0, 2).join('/');
		const seen = highest.get(actor) ?? 0;
		const epoch = Number(line.epoch);
		if (line.type === 'jobRefused') {
			highest.set(actor, Math.max(seen, Number(line.seen)));
			return epoch < Number(line.seen)
				? []
				: [`V3 ${actor}: ${host} refused epoch ${epoch} though it had seen ${line.seen} only`];
		}
		highest.set(actor, Math.max(seen, epoch));
		return epoch < seen ? [`V3 ${actor}: ${host} took ${line.key} in epoch ${epoch} after ${seen} (${line.type})`] : [];
	});
}

/** Each process once, and only where a plan wants it running. */
function units({ units, hosts }: Findings): string[] {
	const complaints: string[] = [];
	for (const [instance, found] of Map.groupBy(units, (unit) => unit.instance)) {
		if (found.length > 1)
			complaints.push(`V7 ${instance} runs ${found.length} times: ${found.map(({ host, pid }) => `${host}:${pid}`).join(', ')}`);
		for (const { host, pid } of found) {
			const here = hosts.find((one) => one.host === host);
			if (!here?.plan?.apps[instance])
				complaints.push(`V7 ${instance} runs on ${host} (${pid}), but is in the plan of ${plannedOn(hosts, instance)}`);
			else if (here.plan.apps[instance].desired !== 'running')
				complaints.push(`V7 ${instance} runs on ${host}, which should keep it stopped`);
			else if (!here.built.includes(instance))
				complaints.push(`V7 ${instance} runs on ${host}, whose generation does not have it`);
		}
	}
	return complaints;
}

/** What each actor says of its place is so. */
function places({ histories, hosts, units }: Findings): string[] {
	return installs(histories).flatMap(([actor, history]) => {
		const complaints: string[] = [];
		const instance = actor.split('/')[1] as string;
		const planned = hosts.filter(({ plan }) => plan && instance in plan.apps).map(({ host }) => host);
		const running = units.filter((unit) => unit.instance === instance).map(({ host }) => host);
		const view = newest(history)?.view;
		if (planned.length > 1) complaints.push(`V7 ${instance} is in the plans of ${planned.join(' and ')}`);
		if (view?.phase === 'running' && !running.includes(String(view.data.host)))
			complaints.push(`V7 ${instance} is called running on ${view.data.host} and has no process there`);
		if (view?.phase === 'stopped' && running.length > 0)
			complaints.push(`V7 ${instance} is called stopped and runs on ${running.join(', ')}`);
		if ((view?.phase === 'rolledBack' || view?.phase === 'removed') && planned.length + running.length > 0)
			complaints.push(
				`V7 ${instance} is ${view.phase} and still there: planned on ${planned.join(', ') || 'none'}, running on ${running.join(', ') || 'none'}`,
			);
		return complaints;
	});
}

const installs = (histories: Findings['histories']) => [...histories].filter(([actor]) => actor.startsWith('install/'));

const plannedOn = (hosts: HostFindings[], instance: string): string =>
	hosts
		.filter(({ plan }) => plan && instance in plan.apps)
		.map(({ host }) => host)
		.join(', ') || 'nobody';

/** Whoever has run has its data where it says it lives, with every volume that ever had content. */
function data({ histories, hosts }: Findings): string[] {
	return installs(histories).flatMap(([actor, history]) => {
		const instance = actor.split('/')[1] as string;
		const view = newest(history)?.view;
		const hasRun = history.some(({ record }) => record.view.phase === 'running');
		const told = InstallData.safeParse(view?.data);
		if (!hasRun || !told.success || !told.data.host || view?.phase === 'removed') return [];
		const { host, app } = told.data;
		const here = hosts.find((one) => one.host === host)?.data.find(({ identity }) => identity.instance === instance);
		if (!here) return [`V8 ${instance} has run on ${host}, where its data is missing`];
		if (here.identity.app !== app)
			return [`V8 the data of ${instance} on ${host} belongs to ${here.identity.app}, not to ${app}`];
		return Object.keys(here.identity.volumes)
			.filter((volume) => !here.volumes.includes(volume))
			.map((volume) => `V8 ${instance} has lost its volume ${volume} on ${host}`);
	});
}

function planted({ planted, histories }: Findings): string[] {
	return planted.flatMap(({ instance, text, onDisk, served }) => {
		const phase = newest(histories.get(`install/${instance}`) ?? [])?.view.phase;
		if (!onDisk?.includes(text)) return [`V8 what was written into ${instance} is not on its disk any more`];
		return phase === 'running' && !served?.includes(text) ? [`V9 ${instance} runs without the data it had`] : [];
	});
}
