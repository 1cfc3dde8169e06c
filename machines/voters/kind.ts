// Everything the engine needs to know of the voters.
import type { Kind } from '../../runtime/engine/kind.ts';
import { VotersCommand, VotersFact, VotersInput } from './contract.ts';
import { votersMachine } from './machine.ts';
import { viewVoters } from './view.ts';

export const votersKind: Kind = {
	kind: 'voters',
	versions: [{ machine: votersMachine }],
	create: VotersInput as unknown as Kind['create'],
	command: VotersCommand as unknown as Kind['command'],
	fact: VotersFact as unknown as Kind['fact'],
	view: viewVoters,
	/** A voter: only they see the group. */
	home: ({ seat }) => (typeof seat === 'string' && seat !== '' ? seat : null),
};
