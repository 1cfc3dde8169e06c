import type { Peers } from '../../runtime/engine/ports.ts';
import type { Owner } from '../../runtime/engine/record.ts';

/** A host that is the only one there is, and was never in doubt about it. */
export const lonePeers = (self: Owner, machines: string[]): Peers => ({
	alive: () => [{ ...self, machines, adopting: true }],
	isDead: () => false,
	settled: () => true,
	onChange: () => () => {},
});
