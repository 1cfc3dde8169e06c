import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, portIsFree } from '../../../actors/drivers/ports.ts';
import { freePorts } from '../../helpers/free-ports.ts';

test('a port somebody listens on is not free, and the next free one that nobody was promised is proposed', async () => {
	const [port] = await freePorts(1);
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
	try {
		expect(await portIsFree({ port, bind: '127.0.0.1', protocol: 'tcp' })).toBe(false);
		expect(await portIsFree({ port, bind: '0.0.0.0', protocol: 'tcp' })).toBe(false);
		const range = { from: port, to: port + 50 };
		const found = await freePort(port, range);
		expect(found).toBeGreaterThan(port);
		expect(await freePort(port, range, { taken: new Set([found ?? 0]) })).toBeGreaterThan(found ?? 0);
		expect(await freePort(port, { from: port, to: port })).toBeNull();
	} finally {
		server.close();
	}
	expect(await freePort(port, { from: port, to: port + 1 })).toBe(port);
});
