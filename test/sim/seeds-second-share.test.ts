import { testBatches } from './seed-batches.ts';

testBatches(1, 2);
