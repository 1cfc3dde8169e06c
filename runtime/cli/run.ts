export async function runCli(argv: string[], parts: any): Promise<number> {
	const data = argv[argv.indexOf('--data') + 1] ?? parts.defaultDataDir;
	if (argv[0] === 'demo') return parts.runners.demo({ dataDir: data, hosts: 3, json: argv.includes('--json') });
	return parts.runners.up({ dataDir: data, name: null, peers: [], bind: '127.0.0.1', json: argv.includes('--json') });
}
