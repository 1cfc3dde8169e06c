// Sizes, durations and versions as people write them.
import { z } from 'zod';

const UNITS = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;
const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `256M`, `1.5G` → bytes. */
export const Bytes = z
	.string('must be a size like 256M or 1G')
	.regex(/^\d+(\.\d+)?[KMGT]$/, 'must be a size like 256M or 1G')
	.transform((text) => Math.round(Number(text.slice(0, -1)) * UNITS[text.slice(-1) as keyof typeof UNITS]));

/** `500ms`, `10s`, `2m` → ms. */
export const Duration = z
	.string('must be a duration like 500ms, 10s or 2m')
	.regex(/^[1-9]\d*(ms|s|m|h)$/, 'must be a duration like 500ms, 10s or 2m')
	.transform((text) => {
		const [, amount, unit] = /^(\d+)(.+)$/.exec(text) ?? [];
		return Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
	});

/** One version and no range, tag or address: what is installed today is installed next year. */
export const ExactVersion = z
	.string()
	.max(64)
	.regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'must be one exact version like 1.2.3');

/** 1536 MiB in bytes → `1.5 GiB` */
export function size(bytes: number): string {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let value = bytes;
	let unit = 0;
	while (value >= 1024 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
