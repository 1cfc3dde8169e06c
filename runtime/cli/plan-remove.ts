// covey plan remove NAME
import { sections } from './format/wrap.ts';
import type { Session } from './session.ts';

export interface RemoveWishes {
	deleteData?: boolean;
}

export async function planRemove(session: Session, name: string, { deleteData = false }: RemoveWishes): Promise<number> {
	const answer = await session.withClient((client) => client.ask('plan.remove', { name, deleteData }));
	session.show(answer, () => {
		const command = `covey remove ${name}${deleteData ? ' --delete-data' : ''}`;
		const then =
			answer.plan.status === 'ready'
				? `Nothing has been done. This does it:\n  ${command}`
				: 'Nothing has been done, and nothing will be as long as others need it.';
		return `${sections(answer.words, session.width, session.paint.bold)}\n\n${then}`;
	});
	return answer.plan.status === 'ready' ? 0 : 3;
}
