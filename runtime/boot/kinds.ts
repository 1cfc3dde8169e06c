import { hostKind } from '../../machines/host/kind.ts';
import { installKind } from '../../machines/install/kind.ts';
import { votersKind } from '../../machines/voters/kind.ts';

/** Every kind of actor a host can run. */
export const KINDS = [installKind, hostKind, votersKind];
