// covey plan install APP: what would happen, where and why.
import type { QuestionOutput } from '../api/contract.ts';
import { sections, wrap } from './format/wrap.ts';
import { acceptWords, type InstallWishes, installRequest } from './install-request.ts';
import type { Session } from './session.ts';

type Answer = QuestionOutput<'plan.install'>;

export async function planInstall(session: Session, app: string, wishes: InstallWishes): Promise<number> {
	const answer = await session.withClient(async (client) =>
		client.ask('plan.install', await installRequest(client, app, wishes)),
	);
	session.show(answer, () => planWords(session, app, wishes, answer));
	return answer.plan.status === 'ready' ? 0 : 3;
}

function planWords({ paint, width }: Session, app: string, wishes: InstallWishes, { plan, words, changed }: Answer): string {
	const parts = [sections(words, width, paint.bold)];
	if (changed.length > 0)
		parts.unshift(sections([{ title: 'Not the plan that was named any more', lines: changed }], width, paint.yellow));
	const accept =
		plan.status === 'ready'
			? `Nothing has been done. This accepts it:\n  ${acceptWords(app, wishes, plan.fingerprint)}`
			: wrap('Nothing has been done. Choose with --with, or take what is recommended with --recommended.', width);
	return [...parts, accept].join('\n\n');
}
