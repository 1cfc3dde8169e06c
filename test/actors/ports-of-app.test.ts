import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { emptyPlan } from '../../actors/drivers/plan.ts';
import type { HostKit } from '../../actors/kit.ts';
import { assignPorts, fixedPorts } from '../../actors/ports-of-app.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import { freePorts } from '../helpers/free-ports.ts';

const kitWith = (from: number, to: number, usual: boolean): HostKit =>
	({ host: 'alder', bind: '127.0.0.1', address: 'alder.test', ports: { from, to, usual } }) as unknown as HostKit;
const port = (name: string, usual: number, protocol: 'tcp' | 'udp', fixed = false): CatalogEntry['ports'][number] => ({
	name,
	default: usual,
	protocol,
	local: false,
	fixed,
});
const entryWith = (...ports: CatalogEntry['ports']): CatalogEntry => ({ name: 'torrents', ports }) as unknown as CatalogEntry;
const numbers = async (kit: HostKit, entry: CatalogEntry, wishes = {}) =>
	(await assignPorts(kit, emptyPlan('alder'), 'torrents', entry, wishes)).map((one) => one.port);

test('a protocol over TCP and UDP gets one number for both, wherever that comes from', async () => {
	const [usual = 0, other = 0, wished = 0] = await freePorts(3);
	const entry = entryWith(port('peers', usual, 'tcp'), port('peers-udp', usual, 'udp'), port('web', other, 'tcp'));
	expect(await numbers(kitWith(usual, usual, true), entry)).toEqual([usual, usual, other]);
	expect(await numbers(kitWith(other, wished, false), entryWith(port('a', 1, 'tcp'), port('b', 1, 'udp')))).toEqual([
		other,
		other,
	]);
	expect(await numbers(kitWith(usual, usual, true), entry, { peers: wished })).toEqual([wished, wished, other]);
});

test('a port that must be what it is is never another one', async () => {
	const [usual = 0, other = 0] = await freePorts(2);
	const entry = entryWith(port('dns', usual, 'tcp', true));
	expect(fixedPorts(entry)).toEqual({ dns: usual });
	expect(await numbers(kitWith(other, other, false), entry)).toEqual([usual]);
	const server = createServer().listen(usual, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	try {
		await expect(numbers(kitWith(other, other, false), entry)).rejects.toMatchObject({
			code: 'PORT_IN_USE',
			message: expect.stringContaining(`port ${usual} and no other`),
		});
	} finally {
		server.close();
	}
});
