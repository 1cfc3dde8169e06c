// Everything the engine needs to know of members.
import type { Kind } from '../../runtime/engine/kind.ts';
import { HostCommand, HostFact, HostInput } from './contract.ts';
import { hostMachine } from './machine.ts';
import { viewHost } from './view.ts';

export const hostKind: Kind = {
	kind: 'host',
	versions: [{ machine: hostMachine }],
	create: HostInput as unknown as Kind['create'],
	command: HostCommand as unknown as Kind['command'],
	fact: HostFact as unknown as Kind['fact'],
	view: viewHost,
	/** Its own host, until it leaves: who goes cannot see it through to the end. */
	home: ({ host, departing, wish }) =>
		typeof host === 'string' && host !== '' && !(departing && wish === 'leave') ? host : null,
};
