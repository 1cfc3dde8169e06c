// Values of connections in files of an app: set, changed, put back; other values and other files are left alone.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PlannedApp } from '../../../../actors/drivers/plan.ts';
import { applyEdits } from '../../../../actors/drivers/process/file-edits.ts';
import { layout } from '../../../../actors/drivers/process/layout.ts';
import { temporaryFolder } from '../../../helpers/temporary-folder.ts';
import { smallApp } from '../fixture.ts';

type Edits = NonNullable<PlannedApp['edits']>;

async function bed() {
	const folder = await temporaryFolder();
	const places = layout(folder.path);
	mkdirSync(join(places.app('one'), 'data'), { recursive: true });
	const at = (name: string) => join(places.app('one'), 'data', name);
	return {
		put: (name: string, text: string) => writeFileSync(at(name), text),
		read: (name: string) => readFileSync(at(name), 'utf8'),
		apply: (edits: Edits) =>
			applyEdits(places, smallApp('one', 1, { edits }), (text) => text.replaceAll('${secret.key}', 'sesame')),
		[Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
	};
}

const json = (set: Record<string, string>): Edits => [{ volume: 'data', path: 'settings.json', format: 'json', set }];
const ini = (set: Record<string, string>): Edits => [{ volume: 'data', path: 'app.ini', format: 'ini', set }];

test('a JSON file gets its values, and has what it had before when the connection ends', async () => {
	await using at = await bed();
	const before = { server: { url: 'http://old', colour: 'blue' }, list: [1, 2] };
	at.put('settings.json', JSON.stringify(before));
	const edits = json({ 'server.url': 'http://new', 'server.key': '${secret.key}', 'deep.down.here': 'yes' });
	at.apply(edits);
	at.apply(edits);
	expect(JSON.parse(at.read('settings.json'))).toEqual({
		server: { url: 'http://new', colour: 'blue', key: 'sesame' },
		list: [1, 2],
		deep: { down: { here: 'yes' } },
	});
	at.apply(json({ 'server.url': 'http://newer' }));
	expect(JSON.parse(at.read('settings.json'))).toMatchObject({ server: { url: 'http://newer', colour: 'blue' } });
	at.apply([]);
	expect(JSON.parse(at.read('settings.json'))).toEqual({ ...before, deep: { down: {} } });
});

test('an INI file, too; one that is not there is made', async () => {
	await using at = await bed();
	at.put('app.ini', 'name = mine\n; a remark\n[web]\nport=80\nhost=here\n');
	at.apply([...ini({ 'web.port': '8080', 'login.key': '${secret.key}' }), ...json({ a: 'b' })]);
	expect(at.read('app.ini')).toBe('name=mine\n\n[web]\nport=8080\nhost=here\n\n[login]\nkey=sesame\n');
	expect(JSON.parse(at.read('settings.json'))).toEqual({ a: 'b' });
	at.apply([]);
	expect(at.read('app.ini')).toContain('port=80\n');
	expect(at.read('app.ini')).not.toContain('sesame');
	expect(JSON.parse(at.read('settings.json'))).toEqual({});
});

test('a file that is no JSON object is said so and left alone', async () => {
	await using at = await bed();
	at.put('settings.json', 'not json');
	expect(() => at.apply(json({ a: 'b' }))).toThrow(expect.objectContaining({ code: 'START_FAILED' }));
	expect(at.read('settings.json')).toBe('not json');
});
