// Numbers as people read them. Pure.

/** 1610612736 → `1.5 GiB` */
export { size } from '../../../machines/placement/score.ts';

/** 93000 → `1 min 33 s`; 2 units at most. */
export function duration(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1000));
	const units: [number, string][] = [
		[86_400, 'd'],
		[3_600, 'h'],
		[60, 'min'],
		[1, 's'],
	];
	const parts: string[] = [];
	let rest = seconds;
	for (const [length, unit] of units) {
		const count = Math.floor(rest / length);
		rest -= count * length;
		if (count > 0) parts.push(`${count} ${unit}`);
	}
	return parts.slice(0, 2).join(' ') || '0 s';
}

/** One unit only: `3 min ago`. */
export function ago(at: number, now: number): string {
	const ms = now - at;
	if (ms < 2_000) return 'now';
	return `${duration(ms).split(' ').slice(0, 2).join(' ')} ago`;
}

/** `2026-11-21 02:46:49` in the reader's own time zone. */
export function moment(at: number): string {
	const date = new Date(at);
	const two = (value: number) => String(value).padStart(2, '0');
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export const percent = (value: number): string => `${Math.round(value)} %`;

/** `10m`, `2h`, `30s`, `1d` → ms; null when it is none. */
export function parseDuration(text: string): number | null {
	const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
	const length = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? ''];
	return count === undefined || length === undefined ? null : Number(count) * length;
}

/** Ten cells: `██████░░░░` */
export function bar(share: number, cells = 10): string {
	const full = Math.round(Math.max(0, Math.min(1, share)) * cells);
	return '█'.repeat(full) + '░'.repeat(cells - full);
}
