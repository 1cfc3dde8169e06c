// Compose's sizes and durations. Pure.

const BYTES: Record<string, number> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** `512m`, `1.5gb` → bytes; null when it is none. */
export function memoryOf(text: string | undefined): number | null {
	const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([bkmg])?b?$/i.exec(text ?? '') ?? [];
	return amount === undefined ? null : Math.round(Number(amount) * (BYTES[unit?.toLowerCase() ?? 'b'] ?? 1));
}

/** `1m30s` → `90s`; null when it is none. */
export function durationOf(text: string | undefined): string | null {
	const [whole, hours, minutes, seconds, millis] =
		/^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/.exec(text ?? '') ?? [];
	if (!whole) return null;
	const ms = Number(hours ?? 0) * 3_600_000 + Number(minutes ?? 0) * 60_000 + Number(seconds ?? 0) * 1_000 + Number(millis ?? 0);
	if (ms === 0) return null;
	return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
