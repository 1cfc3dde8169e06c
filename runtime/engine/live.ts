import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { Kind } from './kind.ts';
import type { ActorRecord } from './record.ts';

/** A record together with the machine and the snapshot it restores to. */
export interface Live {
	kind: Kind;
	machine: AnyStateMachine;
	record: ActorRecord;
	snapshot: AnyMachineSnapshot;
}
