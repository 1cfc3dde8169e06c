// A file that cannot be used is kept for a person to look at.
import { existsSync } from 'node:fs';

/** A path beside it that is free. */
export function damagedName(path: string): string {
	let number = 1;
	while (existsSync(`${path}.damaged-${number}`)) number++;
	return `${path}.damaged-${number}`;
}
