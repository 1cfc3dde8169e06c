import { expect, test } from 'vitest';
import { updateRows } from '../../../runtime/api/updates.ts';

const app = (instance: string, images: object[]) => ({
	instance,
	app: 'notes',
	desired: 'running',
	source: { type: 'binary', program: 'notes' },
	command: ['notes'],
	env: {},
	ports: [],
	volumes: [],
	health: null,
	memoryBytes: 0,
	diskBytes: 0,
	images,
});

test('an image is compared with its registry, which is asked once; where it cannot be reached that is said', async () => {
	const asked: string[] = [];
	const apps = {
		zoo: app('zoo', [{ image: 'ghcr.io/a:1', digest: 'sha256:1', why: null }]),
		ant: app('ant', [
			{ image: 'ghcr.io/a:1', digest: 'sha256:2', why: null },
			{ image: 'ghcr.io/b:1', digest: null, why: 'ghcr.io has no b:1' },
		]),
	};
	const list = async () => [{ key: 'alder', value: { schema: 1, host: 'alder', revision: 1, apps } as never, revision: 1 }];
	const { images, updates } = await updateRows({
		documents: { list },
		entry: () => undefined,
		digest: async (image) => {
			asked.push(image);
			return image.includes('/a:') ? { status: 'known', digest: 'sha256:2' } : { status: 'unknown', why: 'ghcr.io has no b:1' };
		},
	});
	expect(updates).toEqual([]);
	expect(asked).toEqual(['ghcr.io/a:1', 'ghcr.io/b:1']);
	const row = { app: 'notes', host: 'alder' };
	expect(images).toEqual([
		{ ...row, instance: 'ant', image: 'ghcr.io/a:1', pinned: 'sha256:2', newest: 'sha256:2', why: null },
		{ ...row, instance: 'ant', image: 'ghcr.io/b:1', pinned: null, newest: null, why: 'ghcr.io has no b:1' },
		{ ...row, instance: 'zoo', image: 'ghcr.io/a:1', pinned: 'sha256:1', newest: 'sha256:2', why: null },
	]);
});
