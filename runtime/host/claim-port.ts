// Hosts that choose their ports at the same moment must not choose the same ones, though none of them listens yet.
import { createServer } from 'node:net';

/**
 * True when nobody else on this network has claimed it; then it is this process's until it ends. The claim is a name in the kernel (an
 * abstract socket), seen by all users, and gone with its process however that dies. Systems without such names let everybody have it.
 */
export function claimPort(port: number): Promise<boolean> {
	if (process.platform !== 'linux') return Promise.resolve(true);
	return new Promise((resolve) => {
		const server = createServer((socket) => void socket.destroy());
		server.once('error', () => resolve(false));
		server.listen(`\0covey/port/${port}`, () => {
			server.unref();
			resolve(true);
		});
	});
}
