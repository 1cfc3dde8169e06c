// One row per figure: ours, beside the limit or a peer of the same run, and the goal.

export interface Figure {
	name: string;
	ours: number;
	unit: string;
	/** What it is measured against in the same run. */
	beside?: { what: string; value: number };
	/** Ours divided by the limit. */
	ratio?: number;
	goal: string;
	met: boolean;
}

export function renderFigures(figures: readonly Figure[]): string {
	const rows = figures.map(({ name, ours, unit, beside, ratio, goal, met }) => [
		name,
		`${number(ours)} ${unit}`,
		beside ? `${beside.what} ${number(beside.value)} ${unit}` : '',
		ratio === undefined ? '' : ratio.toFixed(2),
		goal,
		met ? 'met' : 'not met',
	]);
	const table = [['FIGURE', 'OURS', 'BESIDE', 'RATIO', 'GOAL', ''], ...rows];
	const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
	return table
		.map((row) =>
			row
				.map((cell, column) => cell.padEnd(widths[column] ?? 0))
				.join('  ')
				.trimEnd(),
		)
		.join('\n');
}

export function quantile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

const number = (value: number): string => (value >= 100 ? Math.round(value).toString() : value.toPrecision(3));
