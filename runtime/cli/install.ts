// covey install APP
import type { InstallPlan } from '../../catalog/install-plan.ts';
import type { CreateInstall } from '../api/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { actorRef } from './actor-name.ts';
import type { Client } from './client.ts';
import { follow } from './follow.ts';
import { sections } from './format/wrap.ts';
import { acceptWords, type InstallWishes, installRequest } from './install-request.ts';
import type { Session } from './session.ts';

export interface InstallOptions extends InstallWishes {
	wait?: boolean;
}

export async function install(session: Session, app: string, options: InstallOptions): Promise<number> {
	const ref = actorRef(options.name ?? app);
	return session.withClient(async (client) => {
		const request: Omit<CreateInstall, 'cmdId'> = await installRequest(client, app, options);
		const create = () => createOrExplain(session, client, app, options, request);
		if (options.wait) return follow(session, client, ref, ['running'], create);
		const reply = await create();
		session.show(
			{ instance: ref.id, phase: reply.phase, seq: reply.seq },
			() => `${ref.id} is ${reply.phase}; this is durable. Follow it with: covey show ${ref.id}`,
		);
		return 0;
	});
}

/** What stands in the way of a plan is shown before the error is told. */
async function createOrExplain(
	session: Session,
	client: Client,
	app: string,
	options: InstallOptions,
	request: Omit<CreateInstall, 'cmdId'>,
) {
	try {
		return await client.create('install', request);
	} catch (thrown) {
		if (thrown instanceof CoveyError && !session.json) explain(session, app, options, thrown);
		throw thrown;
	}
}

function explain(
	{ paint, print, width }: Session,
	app: string,
	options: InstallOptions,
	{ code, details = {} }: CoveyError,
): void {
	if (code === 'CHOICE_OPEN')
		print(`${sections([{ title: 'To be chosen', lines: details.lines as string[] }], width, paint.bold)}\n`);
	if (code !== 'PLAN_STALE') return;
	const { plan, essence, changed } = details as { plan: InstallPlan; essence: string[]; changed: string[] };
	const parts = [
		{ title: 'What is different now', lines: changed },
		{ title: 'The new plan', lines: essence },
		{ title: 'This accepts the new one', lines: [acceptWords(app, options, plan.fingerprint)] },
	];
	print(`${sections(parts, width, paint.bold)}\n`);
}
