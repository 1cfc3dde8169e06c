// covey show ACTOR
import { InstallData } from '../../machines/install/contract.ts';
import type { JobRow, QuestionOutput } from '../api/contract.ts';
import { refText } from '../engine/record.ts';
import { actorRef } from './actor-name.ts';
import { paintPhase, phaseWords } from './format/phase.ts';
import { ago, duration, moment } from './format/units.ts';
import type { Session } from './session.ts';

const LOG_LINES = 12;

export async function show(session: Session, name: string): Promise<number> {
	const answer = await session.withClient((client) => client.ask('show', { actor: refText(actorRef(name)) }));
	session.show(answer, () => describe(session, answer, Date.now()));
	return 0;
}

function describe(session: Session, { actor, data, can, jobs, images }: QuestionOutput<'show'>, now: number): string {
	const { paint } = session;
	const lines = [
		`${paint.bold(actor.actor)}  ${paintPhase(paint, actor.phase, phaseWords(actor.phase))} since ${moment(actor.since)} (${ago(actor.since, now)})`,
		actor.words,
	];
	if (actor.parked) lines.push(paint.red(`Parked: ${actor.parked}`));
	const install = InstallData.safeParse(data);
	if (install.success) lines.push(...installLines(session, install.data));
	lines.push(...images.map(imageLine));
	lines.push(`Owner: ${actor.owner ?? 'nobody'}, epoch ${actor.epoch}, ${actor.seq} steps, ${actor.machine}`);
	for (const { effect, host } of actor.effects) lines.push(`Doing: ${effect} on ${host ?? 'its owner'}`);
	for (const { event, at } of actor.timers)
		lines.push(`Limit: ${event.replace(/^xstate\.after\.([A-Za-z]+).*/, '$1')} at ${moment(at)} (in ${duration(at - now)})`);
	lines.push('', 'Can do now:');
	for (const [command, allowed] of Object.entries(can))
		lines.push(
			`  ${command.replace('install.', '').padEnd(8)} ${allowed === true ? paint.green('yes') : paint.dim(`no: ${allowed}`)}`,
		);
	if (jobs.length > 0) lines.push('', 'Latest jobs:', ...jobs.slice(-8).map((job) => jobLine(session, job)));
	const last = jobs.findLast((job) => job.log.length > 0 && (job.state === 'failed' || job.state === 'running'));
	if (last) lines.push('', `Output of ${last.effect}:`, ...last.log.slice(-LOG_LINES).map((line) => `  ${line}`));
	return lines.join('\n');
}

function installLines({ paint }: Session, data: InstallData): string[] {
	const lines: string[] = [];
	if (data.host) lines.push(`Host: ${data.host}${data.pinned ? ' (chosen by a person)' : ''}`);
	if (data.url) lines.push(`Address: ${data.url}`);
	for (const { name, port, protocol } of data.ports) lines.push(`Port: ${name} ${port}/${protocol}`);
	for (const { name, server } of data.databases ?? []) lines.push(`Database: ${name} on ${server}`);
	for (const use of data.uses ?? []) lines.push(`Connected with: ${use.with} (${use.integration})`);
	if (data.partOf) lines.push(`Installed for: ${data.partOf}`);
	if (data.parts?.length) lines.push(`Needs, installed with it: ${data.parts.join(', ')}`);
	if (data.placement) lines.push(`Placed: ${data.placement}`);
	if (data.undo.length > 0) lines.push(`Would be taken back on failure: ${data.undo.join(', ')}`);
	if (data.failure)
		lines.push(paint.red(`Failure: ${data.failure.message} (${data.failure.code})`), `What to do: ${data.failure.next}`);
	return lines;
}

const imageLine = ({ image, digest, why }: QuestionOutput<'show'>['images'][number]): string =>
	digest === null ? `Image: ${image}, not pinned: ${why}` : `Image: ${image}, pinned to ${digest}`;

function jobLine({ paint }: Session, job: JobRow): string {
	const took = job.endedAt === null ? 'so far' : duration(job.endedAt - job.startedAt);
	const state = job.state === 'failed' ? paint.red('failed') : job.state;
	const tries = job.attempts > 1 ? `, ${job.attempts} tries` : '';
	return `  ${moment(job.startedAt)}  ${job.effect} on ${job.host}: ${state} (${took}${tries})${job.error ? ` ${job.error.message}` : ''}`;
}
