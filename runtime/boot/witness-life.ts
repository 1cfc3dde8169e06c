import { openPlainLog } from '../host/plain-log.ts';
import type { Life } from './run-server.ts';
import { runWitness } from './run-witness.ts';

export const witnessLife: Life = { openLog: openPlainLog, run: runWitness };
