import { expect, test } from 'vitest';
import { PlannedApp } from '../../actors/drivers/plan.ts';
import { planApp } from '../../actors/plan-app.ts';
import { loadCatalog } from '../../catalog/load.ts';

test('each entry of the catalog becomes a valid planned app with the ports it was given', () => {
	for (const entry of loadCatalog()
		.all()
		.filter(({ process }) => process)) {
		const ports = entry.ports.map(({ name }, index) => ({ name, port: 7000 + index }));
		const app = planApp(entry, 'mine', ports, '192.0.2.7');
		expect(PlannedApp.parse(app)).toEqual(app);
		expect(app).toMatchObject({ instance: 'mine', app: entry.name, desired: 'stopped' });
		const binds = entry.ports.map(({ local }) => (local ? '127.0.0.1' : '192.0.2.7'));
		expect(app.ports.map(({ port, bind }) => ({ port, bind }))).toEqual(
			ports.map(({ port }, index) => ({ port, bind: binds[index] })),
		);
	}
});

test('an entry whose port got no number is refused', () => {
	const [entry] = loadCatalog()
		.all()
		.filter(({ process }) => process);
	if (!entry) throw new Error('the catalog is empty');
	expect(() => planApp(entry, 'mine', [], '127.0.0.1')).toThrow(expect.objectContaining({ code: 'BAD_CATALOG' }));
});
