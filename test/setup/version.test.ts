import { expect, test } from 'vitest';
import { compareVersions, isAtLeast, parseVersion } from '../../runtime/setup/version.mjs';

test.each([
	['nats-server: v2.15.1', '2.15.1'],
	['v24.21.0\n', '24.21.0'],
	['nats-server: v2.14.0-RC.3', '2.14.0'],
	['nats-server-2.12.4', '2.12.4'],
	['command not found', null],
	['', null],
])('%j says version %j', (text, version) => {
	expect(parseVersion(text)).toBe(version);
});

test('versions are compared place by place, as numbers', () => {
	expect(isAtLeast('2.12.4', '2.12.4')).toBe(true);
	expect(isAtLeast('2.9.10', '2.12.4')).toBe(false);
	expect(isAtLeast('2.12.3', '2.12.4')).toBe(false);
	expect(isAtLeast('10.0.0', '9.99.99')).toBe(true);
	expect(['2.15.1', '2.9.10', '2.12.4'].sort(compareVersions)).toEqual(['2.9.10', '2.12.4', '2.15.1']);
});
