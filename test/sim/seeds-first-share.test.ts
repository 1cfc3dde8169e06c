import { testBatches } from './seed-batches.ts';

testBatches(0, 2);
