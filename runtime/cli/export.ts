// covey export NAME: an app as a folder that runs without Covey.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CoveyError } from '../engine/errors.ts';
import type { ActorRef } from '../engine/record.ts';
import type { Client } from './client.ts';
import { type Copied, copyData, copyDump, insidePath } from './copy-data.ts';
import { size } from './format/units.ts';
import { wrap } from './format/wrap.ts';
import type { Common, Session } from './session.ts';
import { untilPhase } from './until-phase.ts';

export type ExportOptions = Common & { to?: string; stop?: boolean; live?: boolean; secrets?: boolean };

const DUMP_LIMIT_MS = 7_200_000;
const ASK_EVERY_MS = 500;

interface Exported {
	copied: Copied;
	/** Names of databases that go with it. */
	dumped: string[];
	/** Of the app, while its data was copied. */
	state: 'stopped' | 'running';
}

/** Phases in which it may write. */
const RUNS = ['running', 'error', 'starting'];

export async function exportInstance(session: Session, instance: string, options: ExportOptions): Promise<number> {
	const target = resolve(options.to ?? `${instance}-export`);
	assertFree(target);
	const exported = await session.withClient((client) => exportTo(session, client, instance, target, options));
	session.show({ folder: target, ...exported }, () => words(session, instance, target, exported));
	return 0;
}

async function exportTo(
	session: Session,
	client: Client,
	instance: string,
	target: string,
	{ stop = false, live = false, secrets = false }: ExportOptions,
): Promise<Exported> {
	const ref: ActorRef = { kind: 'install', id: instance };
	const { actor } = await client.ask('show', { actor: `install/${instance}` });
	const runs = RUNS.includes(actor.phase);
	if (!runs && actor.phase !== 'stopped')
		throw new CoveyError('NOT_ALLOWED_NOW', `${instance} is ${actor.phase}; it can be exported while it is stopped or runs.`);
	if (runs && !stop && !live)
		throw new CoveyError(
			'NOT_ALLOWED_NOW',
			`${instance} is running: files that it writes meanwhile may be torn. Use --stop (it starts again afterwards), or --live to copy all the same.`,
		);
	const pause = runs && stop;
	if (pause) await untilPhase(client, ref, 'install.stop', ['stopped']);
	try {
		return await writeFolder(session, client, instance, target, runs && !pause ? 'running' : 'stopped', secrets);
	} finally {
		if (pause) await untilPhase(client, ref, 'install.start', ['running', 'error']);
	}
}

/** All of it, or nothing. */
async function writeFolder(
	session: Session,
	client: Client,
	instance: string,
	target: string,
	state: Exported['state'],
	secrets: boolean,
): Promise<Exported> {
	const draft = `${target}.partial`;
	mkdirSync(draft, { recursive: true, mode: 0o700 });
	try {
		mkdirSync(join(draft, 'data'), { mode: 0o700 });
		const copied = await copyData(client, instance, join(draft, 'data'), progress(session));
		if (state === 'stopped' && copied.torn.length > 0)
			throw new CoveyError(
				'EFFECT_FAILED',
				`Files of ${instance} changed although it was stopped: ${copied.torn.slice(0, 5).join(', ')}.`,
			);
		const dumped = await copyDumps(client, instance, draft);
		const { files } = await client.ask('export.texts', { instance, state, torn: copied.torn.slice(0, 50), dumped, secrets });
		for (const [path, text] of Object.entries(files)) {
			const file = join(draft, insidePath(path));
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, text, { flag: 'wx', mode: path === '.env' ? 0o600 : 0o644 });
		}
		renameSync(draft, target);
		return { copied, dumped, state };
	} catch (error) {
		rmSync(draft, { recursive: true, force: true });
		throw error;
	}
}

/** The host makes them while it is asked how far it is. */
async function copyDumps(client: Client, instance: string, draft: string): Promise<string[]> {
	for (const deadline = Date.now() + DUMP_LIMIT_MS; Date.now() < deadline; await wait(ASK_EVERY_MS)) {
		const { status, dumps } = await client.ask('export.dumps', { instance });
		if (status === 'running') continue;
		for (const { name, path } of dumps) {
			const file = join(draft, insidePath(path));
			mkdirSync(dirname(file), { recursive: true });
			await copyDump(client, instance, name, file);
		}
		if (dumps.length > 0) await client.ask('export.dumps', { instance, discard: true });
		return dumps.map(({ name }) => name);
	}
	throw new CoveyError('TIMEOUT', `The databases of ${instance} were not copied within ${DUMP_LIMIT_MS / 3_600_000} h.`);
}

function assertFree(target: string): void {
	if (existsSync(`${target}.partial`))
		throw new CoveyError(
			'USAGE',
			`${target}.partial is left from an export that was cut short; delete it, or use --to for another place.`,
		);
	if (existsSync(target) && readdirSync(target).length > 0)
		throw new CoveyError('USAGE', `${target} exists already; use --to for another place.`);
}

function progress({ live, parts }: Session): (path: string, bytes: number) => void {
	let last = 0;
	return (_path, bytes) => {
		if (!live || bytes - last < 16 * 2 ** 20) return;
		last = bytes;
		parts.stderr.write(`\rcopied ${size(bytes)} `);
	};
}

function words({ width }: Session, instance: string, target: string, { copied, state }: Exported): string {
	const left = copied.left.length > 0 ? ` Left out, since they are no data: ${copied.left.join(', ')}.` : '';
	const torn = state === 'running' ? ' It was running meanwhile, so files may be torn; README.md says which changed.' : '';
	return [
		wrap(`${instance} is in ${target}: ${copied.files} files, ${size(copied.bytes)}, from ${copied.host}.${torn}${left}`, width),
		'Read README.md there first.',
	].join('\n');
}
