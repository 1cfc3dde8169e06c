// A network that takes everything and delivers nothing: no error tells either end.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { leafLinks } from '../../nats/monitor.ts';
import { startNatsServer } from '../../nats/server.ts';
import { eventually } from '../helpers/eventually.ts';
import { planCluster, startNatsCluster } from '../helpers/nats-cluster.ts';

test('a leaf whose link died without a word gives it up after 9 s and opens another', { timeout: 60_000 }, async () => {
	await using cluster = await startNatsCluster(1);
	const [voter, planned] = [cluster.servers[0]?.topology, (await planCluster(1, 1))[1]];
	if (voter?.role !== 'voter' || planned?.role !== 'leaf') throw new Error('a voter and a leaf were planned');
	const wire = await startWire(voter.leafPort);
	const topology = { ...planned, remotes: [`127.0.0.1:${wire.port}`] };
	const leaf = await startNatsServer({ topology, folder: join(cluster.folder, 'leaf') });
	onTestFinished(() => leaf.stop());
	const links = () => leafLinks(voter.monitorPort);
	const before = await eventually('the leaf has its link', async () => ((await links()).length > 0 ? links() : null));
	const since = performance.now();
	wire.swallow();
	// Not by the wire: it knows the voter's own address by now.
	await eventually('it opens another', async () => (await links()).some((id) => !before.includes(id)), 30_000);
	expect(performance.now() - since).toBeLessThan(15_000);
});

/** Between a leaf and the voter's port. `swallow`: what is open stays open, and carries nothing more. */
async function startWire(to: number): Promise<{ port: number; swallow(): void }> {
	const ends = new Set<Socket>();
	const server = createServer((near) => {
		const far = connect(to, '127.0.0.1');
		near.pipe(far).pipe(near);
		for (const end of [near, far]) ends.add(end.on('error', () => end.destroy()));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		for (const end of ends) end.destroy();
		server.close();
	});
	return {
		port: (server.address() as AddressInfo).port,
		swallow() {
			for (const end of ends) end.unpipe().on('data', () => {});
		},
	};
}
