// A unit is an app as one generation runs it: the planned app and where its program was found.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Name } from '../../../runtime/engine/record.ts';
import { PlannedApp } from '../plan.ts';

export const UnitSource = z.discriminatedUnion('type', [
	z.object({ type: z.literal('npm'), store: z.string() }),
	z.object({ type: z.literal('go'), store: z.string() }),
	z.object({ type: z.literal('binary'), path: z.string(), version: z.string().nullable() }),
]);

export const Unit = z.object({
	/** Digest of what a restart is needed for. */
	hash: z.string(),
	source: UnitSource,
	app: PlannedApp,
});
export type Unit = z.infer<typeof Unit>;
export const Units = z.record(Name, Unit);
export type Units = z.infer<typeof Units>;

/** Depends on the plan alone, so that a host can judge an orphan before it has built anything. */
export function unitHash(app: PlannedApp): string {
	const { source, command, env, ports, volumes, databases, secrets, user, address, edits } = app;
	return digest({ source, command, env, ports, volumes, databases, secrets, user, address, edits });
}

/** Same content, same digest: the order of keys does not count, nor what changes nothing of the running app. */
export function unitsDigest(units: Units): string {
	const built = Object.fromEntries(
		Object.entries(units).map(([instance, { source, app }]) => {
			const { desired: _, memoryBytes: __, diskBytes: ___, data: ____, images: _____, ...rest } = app;
			return [instance, { source, app: rest }];
		}),
	);
	return digest(built);
}

const digest = (value: unknown): string => createHash('sha256').update(canonical(value)).digest('hex').slice(0, 32);

function canonical(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
	const entries = Object.entries(value).filter(([, content]) => content !== undefined);
	return `{${entries
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([key, content]) => `${JSON.stringify(key)}:${canonical(content)}`)
		.join(',')}}`;
}
