// What is wrong, in plain words, with what to do: pure over what the hosts know.
import { behindWithCopy, copyWords } from '../../machines/host/copies.ts';
import { quorumNeed } from '../../machines/host/quorum.ts';
import { dataDisk, size } from '../../machines/placement/score.ts';
import { ERRORS, type ErrorCode } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { CheckRow, HostRow } from './contract.ts';
import { type TrustState, trustChecks } from './doctor-trust.ts';
import { appRows } from './questions.ts';

export interface DoctorInput {
	hosts: readonly HostRow[];
	records: readonly ActorRecord[];
	knownMachines: ReadonlySet<string>;
	/** Records this host could not read, with why. */
	unreadable: readonly string[];
	quorum: boolean;
	answeredBy: string;
	/** Wall time, ms. */
	now: number;
	catalogProblems: readonly string[];
	/** Null in a cluster without keys. */
	trust: TrustState | null;
}

const LOW_DISK = 0.05;
const LOW_MEMORY = 0.05;
export const MAX_SKEW_MS = 500;

export function diagnose(input: DoctorInput): CheckRow[] {
	return [
		quorum(input),
		...hosts(input),
		...standings(input),
		...clocks(input),
		...copies(input),
		...space(input),
		...actors(input),
		...apps(input),
		...catalog(input),
		...(input.trust ? trustChecks(input.trust) : []),
	];
}

function quorum({ quorum, hosts, answeredBy }: DoctorInput): CheckRow {
	const voters = hosts.filter(({ voter }) => voter);
	if (quorum)
		return good(
			'store',
			`${voters.length} voting host${voters.length === 1 ? '' : 's'}; the store accepts writes (seen from ${answeredBy}).`,
		);
	return bad(
		'store',
		`Nothing can be changed now. ${quorumNeed(voters).words} Apps that run go on; what is shown was known before (seen from ${answeredBy}).`,
		'NO_QUORUM',
	);
}

function hosts({ hosts }: DoctorInput): CheckRow[] {
	const away = hosts.filter(({ presence }) => presence === 'offline');
	if (away.length === 0) return [good('hosts', `All ${hosts.length} hosts are online.`)];
	return away.map(({ host, lastSeen }) =>
		bad(`host ${host}`, `${host} is offline${lastSeen ? ` since ${timeOf(lastSeen)}` : ''}.`, 'HOST_UNREACHABLE'),
	);
}

/** Hosts that a person set aside, or that failed at what was asked of them. */
function standings({ hosts }: DoctorInput): CheckRow[] {
	return hosts
		.filter(({ phase }) => phase !== 'member')
		.map(({ host, phase, words }) => ({
			check: `host ${host}`,
			status: 'warning',
			words: `${host} is ${phase}: ${words}`,
			next:
				phase === 'leaving' || phase === 'forgetting'
					? `See \`covey show host/${host}\`.`
					: `Put it back with \`covey ${phase === 'cordoned' ? 'uncordon' : 'undrain'} ${host}\`.`,
			code: null,
		}));
}

function clocks({ hosts }: DoctorInput): CheckRow[] {
	const off = hosts.filter(({ skewMs }) => skewMs !== null && Math.abs(skewMs) > MAX_SKEW_MS);
	if (off.length === 0) return [good('clocks', `Clocks agree within ${MAX_SKEW_MS} ms.`)];
	return off.map(({ host, skewMs }) =>
		bad(
			`clock of ${host}`,
			`The clock of ${host} is ${Math.abs(skewMs ?? 0)} ms ${(skewMs ?? 0) > 0 ? 'ahead' : 'behind'}.`,
			'CLOCK_SKEW',
		),
	);
}

/** For the day when the voters are lost. */
function copies({ hosts, now }: DoctorInput): CheckRow[] {
	const behind = behindWithCopy(hosts, now);
	if (behind.length === 0) return copyWords(hosts, now).map((words) => good('copies', words));
	return behind.map(({ host, copyAt }) => ({
		check: `copy on ${host}`,
		status: 'warning',
		words: `${host} ${copyAt === null ? 'has no copy' : `has had no new copy since ${timeOf(copyAt)}`} of the cluster's data for \`covey recover\`.`,
		next: `Look for "copy" in covey.log in the data directory of ${host}; is its disk full?`,
		code: null,
	}));
}

const timeOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

function space({ hosts }: DoctorInput): CheckRow[] {
	return hosts
		.filter(({ presence }) => presence === 'online')
		.flatMap((host) => {
			const rows: CheckRow[] = [];
			const disk = dataDisk(host);
			if (disk && disk.available < disk.total * LOW_DISK)
				rows.push(
					warning(
						`disk of ${host.host}`,
						`${size(disk.available)} of ${size(disk.total)} left on ${disk.mount}.`,
						'NOT_ENOUGH_DISK',
					),
				);
			if (host.memory.available < host.memory.total * LOW_MEMORY)
				rows.push(
					warning(
						`memory of ${host.host}`,
						`${size(host.memory.available)} of ${size(host.memory.total)} left.`,
						'NOT_ENOUGH_MEMORY',
					),
				);
			return rows;
		});
}

function actors({ records, knownMachines, unreadable }: DoctorInput): CheckRow[] {
	const rows: CheckRow[] = unreadable.map((text) => warning('records', text, 'NEWER_RECORD'));
	for (const { kind, id, parked, machine, owner } of records) {
		if (parked) rows.push(bad(`actor ${kind}/${id}`, `It is parked: ${parked.reason}`, 'ACTOR_PARKED'));
		else if (!knownMachines.has(machine.id))
			rows.push(
				warning(
					`actor ${kind}/${id}`,
					`A newer Covey wrote it (${machine.id}); ${owner ? `${owner.host} has it` : 'it is left alone'}.`,
					'NEWER_RECORD',
				),
			);
	}
	return rows.length > 0 ? rows : [good('actors', `${records.length} actors, none parked.`)];
}

function apps({ records }: DoctorInput): CheckRow[] {
	const rows = appRows(records);
	const sick = rows.filter(({ phase }) => phase === 'error' || phase === 'failed' || phase === 'unreachable');
	if (sick.length === 0) return [good('apps', `${rows.length} ${rows.length === 1 ? 'app' : 'apps'}, none in trouble.`)];
	return sick.map(({ instance, words, failure }) => ({
		check: `app ${instance}`,
		status: 'bad',
		words,
		next: failure?.next ?? 'See `covey show`.',
		code: failure?.code ?? null,
	}));
}

const catalog = ({ catalogProblems }: DoctorInput): CheckRow[] =>
	catalogProblems.map((words) => warning('catalog', words, 'BAD_CATALOG'));

const good = (check: string, words: string): CheckRow => ({ check, status: 'good', words, next: null, code: null });
const warning = (check: string, words: string, code: ErrorCode): CheckRow => ({
	check,
	status: 'warning',
	words,
	next: ERRORS[code].next,
	code,
});
const bad = (check: string, words: string, code: ErrorCode): CheckRow => ({
	check,
	status: 'bad',
	words,
	next: ERRORS[code].next,
	code,
});
