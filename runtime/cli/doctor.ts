// covey doctor
import type { CheckRow } from '../api/contract.ts';
import type { Session } from './session.ts';

/** 0 when nothing is bad, else 1. */
export async function doctor(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('doctor', {}));
	session.show(answer, () => answer.checks.map((check) => line(session, check)).join('\n'));
	return answer.checks.some(({ status }) => status === 'bad') ? 1 : 0;
}

function line({ paint }: Session, { check, status, words, next, code }: CheckRow): string {
	const mark = { good: paint.green('good   '), warning: paint.yellow('warning'), bad: paint.red('bad    ') }[status];
	const advice = next ? `\n         What to do: ${next}${code ? paint.dim(` (${code})`) : ''}` : '';
	return `${mark}  ${check}: ${words}${advice}`;
}
