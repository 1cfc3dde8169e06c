// npm runs with the person's own settings (registry, proxy, certificates), but not with those that an
// outer `npm start` sets for its own folder, and native modules must see the headers of our Node only.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const FOREIGN =
	/^(npm_(package|lifecycle)_.*|npm_(command|execpath|node_execpath)|npm_config_(local_prefix|global|prefix|global_prefix|workspaces?|omit|include|production|save.*|package_lock.*|nodedir|noproxy)|NODE_ENV|NODE_OPTIONS|INIT_CWD)$/i;

export function npmEnvironment(own: NodeJS.ProcessEnv, node: string): { env: Record<string, string>; flags: string[] } {
	const env: Record<string, string> = {};
	for (const [name, value] of Object.entries(own)) if (value !== undefined && !FOREIGN.test(name)) env[name] = value;
	env['PATH'] = `${dirname(node)}${delimiter}${env['PATH'] ?? ''}`;
	const headers = headersBeside(node);
	if (!hasNodeDir(own)) return { env, flags: [] };
	// The `nodedir` of the person's settings may belong to another Node: modules built with it do not load in ours.
	return { env, flags: [headers === null ? '--no-nodedir' : `--nodedir=${headers}`] };
}

function hasNodeDir(own: NodeJS.ProcessEnv): boolean {
	const settings = own['npm_config_userconfig'] ?? join(homedir(), '.npmrc');
	return (
		own['npm_config_nodedir'] !== undefined || (existsSync(settings) && /^\s*nodedir\s*=/m.test(readFileSync(settings, 'utf8')))
	);
}

/** The prefix with `include/node` of exactly this Node, or null. */
function headersBeside(node: string): string | null {
	const prefix = dirname(dirname(node));
	const header = join(prefix, 'include', 'node', 'node_version.h');
	if (!existsSync(header)) return null;
	const major = /#define NODE_MAJOR_VERSION (\d+)/.exec(readFileSync(header, 'utf8'))?.[1];
	return major === process.versions.node.split('.')[0] ? prefix : null;
}
