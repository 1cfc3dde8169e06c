// covey recover
import { recoveryWords } from '../host/recovery-words.ts';
import { sections } from './format/wrap.ts';
import type { Session } from './session.ts';

const WIDTH = 100;

export async function recover(session: Session, { yes = false }: { yes?: boolean }): Promise<number> {
	const { dataDir, paint } = session;
	const { plan, ...answer } = await session.parts.runners.recover({ dataDir, yes });
	const width = Math.min(session.width, WIDTH);
	session.show({ ...answer, ...plan }, () => {
		const { host, cluster, forgotten, before } = answer;
		if (cluster === null && plan) {
			const text = sections(recoveryWords(plan, Date.now()), width, paint.bold);
			return `${text}\n\nNothing has been changed. To do it:\n  covey recover --yes --data ${dataDir}`;
		}
		return [
			`${host} is a cluster of its own now, ${cluster}. Forgotten: ${forgotten.map((one) => one.host).join(', ')}.`,
			...(plan?.authority === 'new' ? ['It has a new authority: make new tokens and credentials.'] : []),
			`What was here before is kept in ${before} until you delete it.`,
			`Start it: covey up --data ${dataDir}`,
		].join('\n');
	});
	return 0;
}
