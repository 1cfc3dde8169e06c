// Phases and presence in words and colour; the word alone carries the meaning.
import type { Paint } from '../session.ts';

const GOOD = new Set(['running', 'online', 'good', 'member']);
const BAD = new Set(['error', 'failed', 'unreachable', 'offline', 'bad', 'rolledBack', 'parked']);
const CALM = new Set(['stopped', 'removed', 'left', 'forgotten']);

/** `rollingBack` → `rolling back` */
export const phaseWords = (phase: string): string =>
	phase.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

export function paintPhase(paint: Paint, phase: string, text: string): string {
	if (GOOD.has(phase)) return paint.green(text);
	if (BAD.has(phase)) return paint.red(text);
	return CALM.has(phase) ? paint.dim(text) : paint.yellow(text);
}
