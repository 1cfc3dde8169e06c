import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { judgeTick, realClock } from '../../../runtime/host/real-clock.ts';

test('a wait of years neither fires at once nor keeps the process alive', async () => {
	let fired = false;
	const cancel = realClock.after(2 ** 40, () => {
		fired = true;
	});
	await new Promise<void>((resolve) => realClock.after(5, resolve));
	cancel();
	expect(fired).toBe(false);
	const url = new URL('../../../runtime/host/real-clock.ts', import.meta.url).href;
	const child = spawn(process.execPath, ['-e', `import('${url}').then((m) => m.realClock.after(2 ** 40, () => {}))`]);
	expect((await once(child, 'exit'))[0]).toBe(0);
});

test('a cancelled wait does not fire', async () => {
	let fired = false;
	realClock.after(1, () => {
		fired = true;
	})();
	await new Promise<void>((resolve) => realClock.after(10, resolve));
	expect(fired).toBe(false);
});

test('a gap is told apart: stopped process, sleeping machine, clock set back', () => {
	const at = (wall: number, monotonic: number) => ({ wall, monotonic });
	expect(judgeTick(at(0, 0), at(600, 600), 500, 2_000)).toBeNull();
	expect(judgeTick(at(0, 0), at(9_500, 9_500), 500, 2_000)).toEqual({ kind: 'frozen', ms: 9_000 });
	expect(judgeTick(at(0, 0), at(9_500, 500), 500, 2_000)).toEqual({ kind: 'suspended', ms: 9_000 });
	expect(judgeTick(at(9_000, 0), at(500, 500), 500, 2_000)).toEqual({ kind: 'setBack', ms: 9_000 });
});

test('a process that was stopped notices it when it goes on', async () => {
	const url = new URL('../../../runtime/host/real-clock.ts', import.meta.url).href;
	const code = `import('${url}').then((m) => { m.realClock.onGap(1000, (g) => { console.log(g.kind); process.exit(); }); setInterval(() => {}, 1000); console.log('ready') })`;
	const child = spawn(process.execPath, ['-e', code]);
	const lines = createInterface({ input: child.stdout });
	expect((await once(lines, 'line'))[0]).toBe('ready');
	child.kill('SIGSTOP');
	await new Promise<void>((resolve) => realClock.after(2_500, resolve));
	child.kill('SIGCONT');
	expect((await once(lines, 'line'))[0]).toBe('frozen');
});
