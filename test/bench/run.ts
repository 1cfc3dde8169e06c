// npm run bench [plans] [catalog] [transitions] [tls] [growth] [flows] [hosts] [crowd] [--kills 20] [--hosts 50]: a table, and a JSON file in bench-results.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../helpers/source-tree.ts';
import { catalog } from './catalog.ts';
import { crowd } from './crowd.ts';
import { flows } from './flows.ts';
import { growth } from './growth.ts';
import { hosts } from './hosts.ts';
import { plans } from './plans.ts';
import { type Figure, renderFigures } from './table.ts';
import { tls } from './tls.ts';
import { transitions } from './transitions.ts';

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { kills: { type: 'string', default: '20' }, hosts: { type: 'string', default: '50' } },
});
const all: Record<string, () => Promise<Figure[]>> = {
	plans,
	catalog,
	transitions,
	tls,
	growth,
	flows,
	hosts: () => hosts(Number(values.kills)),
	crowd: () => crowd(Number(values.hosts)),
};
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(all))
	if (positionals.length === 0 || positionals.includes(name)) figures.push(...(await measure()));

console.log(
	`\n${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}\n\n${renderFigures(figures)}`,
);
const folder = join(projectRoot, 'bench-results');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
writeFileSync(
	file,
	`${JSON.stringify({ at: new Date().toISOString(), cores: cpus().length, node: process.version, figures }, null, '\t')}\n`,
);
console.log(`\n${file}`);
process.exit(0);
