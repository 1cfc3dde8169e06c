// A fresh process, as a host that starts: reads the catalog of a folder, with what the machine has read before, and prints the ms.
import { knownEntries } from '../../catalog/known-entries.ts';
import { catalogOf, sourcesIn } from '../../catalog/load.ts';

const [folder = '', memory = ''] = process.argv.slice(2);
const begin = performance.now();
const known = knownEntries(memory);
const { length } = catalogOf(sourcesIn(folder), known).all();
const took = performance.now() - begin;
known.save();
console.log(JSON.stringify({ apps: length, ms: took }));
