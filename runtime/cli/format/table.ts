// Aligned columns without boxes. Pure: on a narrow terminal the least important columns go first, then the last one is cut.

export interface Column<Row> {
	title: string;
	/** Plain text; never with colour, so that widths are true. */
	text(row: Row): string;
	align?: 'left' | 'right';
	/** Higher goes first when there is no room. 0 stays. */
	drop?: number;
	paint?(text: string, row: Row): string;
}

const GAP = '  ';

export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
	const shown = keepFitting(columns, rows, width);
	const widths = shown.map((column) => widthOf(column, rows));
	const total = sum(widths) + GAP.length * (shown.length - 1);
	const last = widths.length - 1;
	if (total > width && last >= 0) widths[last] = Math.max(8, (widths[last] ?? 0) - (total - width));
	const line = (cells: string[]) => cells.join(GAP).trimEnd();
	const head = line(shown.map((column, index) => pad(column.title, widths[index] ?? 0, column.align)));
	const body = rows.map((row) =>
		line(
			shown.map((column, index) => {
				const cell = pad(cut(column.text(row), widths[index] ?? 0), widths[index] ?? 0, column.align);
				return column.paint ? column.paint(cell, row) : cell;
			}),
		),
	);
	return `${[head, ...body].join('\n')}\n`;
}

function keepFitting<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Column<Row>[] {
	let shown = [...columns];
	while (sum(shown.map((column) => widthOf(column, rows))) + GAP.length * (shown.length - 1) > width) {
		const worst = shown.reduce((a, b) => ((b.drop ?? 0) > (a.drop ?? 0) ? b : a));
		if (!worst.drop) break;
		shown = shown.filter((column) => column !== worst);
	}
	return shown;
}

const widthOf = <Row>(column: Column<Row>, rows: readonly Row[]): number =>
	Math.max(length(column.title), ...rows.map((row) => length(column.text(row))));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

const length = (text: string): number => [...text].length;

export const cut = (text: string, width: number): string =>
	length(text) <= width ? text : `${[...text].slice(0, Math.max(0, width - 1)).join('')}…`;

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
	const space = ' '.repeat(Math.max(0, width - length(text)));
	return align === 'right' ? space + text : text + space;
}
