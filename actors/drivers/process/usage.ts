// Memory and CPU of units: sums over the processes of their sessions.
import { scanProcs, TICKS_PER_SECOND } from './proc.ts';

export interface Usage {
	/** Bytes. */
	memoryBytes: number;
	/** Since the question before; 100 is one core. Absent the first time. */
	cpuPercent?: number;
}

/** Gives a function that measures sessions by the id of their first process. */
export function usageMeter(): (sessions: readonly number[]) => Map<number, Usage> {
	let before = new Map<number, { ticks: number; at: number }>();
	return (sessions) => {
		const wanted = new Set(sessions);
		const sums = new Map<number, { ticks: number; memoryBytes: number }>();
		if (wanted.size > 0) {
			for (const proc of scanProcs()) {
				if (!wanted.has(proc.session)) continue;
				const sum = sums.get(proc.session) ?? { ticks: 0, memoryBytes: 0 };
				sums.set(proc.session, { ticks: sum.ticks + proc.cpuTicks, memoryBytes: sum.memoryBytes + proc.memoryBytes });
			}
		}
		const at = Date.now();
		const last = before;
		before = new Map([...sums].map(([session, { ticks }]) => [session, { ticks, at }]));
		return new Map(
			[...sums].map(([session, sum]) => [session, { memoryBytes: sum.memoryBytes, ...cpu(last.get(session), sum.ticks, at) }]),
		);
	};
}

function cpu(last: { ticks: number; at: number } | undefined, ticks: number, at: number): { cpuPercent?: number } {
	if (last === undefined || at <= last.at) return {};
	const seconds = (at - last.at) / 1000;
	return { cpuPercent: Math.max(0, Math.round(((ticks - last.ticks) / TICKS_PER_SECOND / seconds) * 1000) / 10) };
}
