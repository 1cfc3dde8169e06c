// Ports are chosen before anybody listens at them: whoever chooses in the same moment gets others.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { choosePorts } from '../../../runtime/host/choose-ports.ts';
import { eventually } from '../../helpers/eventually.ts';

const ADDRESS = '127.0.0.1';
const children: ChildProcess[] = [];

afterEach(() => {
	for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Beside the usual ones, which a demo may have. */
const choose = async () => Object.values(await choosePorts(ADDRESS, 500, new Set()));

test('two that choose in the same moment get different ports', async () => {
	const both = (await Promise.all([choose(), choose()])).flat();
	expect(new Set(both).size).toBe(10);
});

test.runIf(process.platform === 'linux')(
	'what another process has chosen is not chosen again, until that process has died',
	async () => {
		const { child, ports } = await chooseElsewhere();
		const here = await choose();
		expect(here.filter((port) => ports.includes(port))).toEqual([]);
		const gone = once(child, 'exit');
		child.kill('SIGKILL');
		await gone;
		const next = await chooseElsewhere();
		expect(next.ports).toEqual(ports);
	},
);

async function chooseElsewhere(): Promise<{ child: ChildProcess; ports: number[] }> {
	const module = fileURLToPath(new URL('../../../runtime/host/choose-ports.ts', import.meta.url));
	const script = `import { choosePorts } from ${JSON.stringify(module)};
console.log(JSON.stringify(Object.values(await choosePorts('${ADDRESS}', 500, new Set()))));
process.stdin.resume();`;
	const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['pipe', 'pipe', 'inherit'] });
	children.push(child);
	let told = '';
	child.stdout.on('data', (chunk: Buffer) => {
		told += chunk.toString();
	});
	await eventually('it has chosen', () => told.endsWith('\n'), 15_000);
	return { child, ports: JSON.parse(told) as number[] };
}
