// covey place APP
import type { Session } from './session.ts';

export async function place(session: Session, app: string): Promise<number> {
	const answer = await session.withClient((client) => client.ask('place', { app }));
	session.show(answer, () =>
		answer.hosts
			.map(({ host, score, reasons }, index) => {
				const verdict =
					score === null ? session.paint.red('ruled out') : `${score} of 100${index === 0 ? session.paint.green('  best') : ''}`;
				return `${session.paint.bold(host)}  ${verdict}\n${reasons.map((reason) => `  - ${reason}`).join('\n')}`;
			})
			.join('\n'),
	);
	return answer.hosts.some(({ score }) => score !== null) ? 0 : 3;
}
