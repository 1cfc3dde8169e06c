// A tiny real app for driver tests: counts its visits in a file, and misbehaves when asked to.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const data = process.env.DATA ?? process.cwd();
const file = join(data, 'visits');
appendFileSync(join(data, 'starts'), `${process.pid}\n`);
console.log(`small app ${process.env.LABEL ?? ''} starts as ${process.pid}`);
if (process.env.CRASH_AT_START && !existsSync(join(data, 'cured'))) {
	console.error('crashing as I was told');
	process.exit(3);
}
let sick = process.env.SICK === 'yes';

createServer((request, response) => {
	const answer = (status, text) => response.writeHead(status).end(text);
	if (request.url === '/health') return answer(sick ? 500 : 200, sick ? 'sick' : 'well');
	if (request.url === '/crash') return process.exit(7);
	if (request.url === '/sick' || request.url === '/well') {
		sick = request.url === '/sick';
		return answer(200, 'ok');
	}
	if (request.url?.startsWith('/say/')) {
		console.log(decodeURIComponent(request.url.slice(5)));
		return answer(200, 'said');
	}
	const visits = existsSync(file) ? Number(readFileSync(file, 'utf8')) + 1 : 1;
	writeFileSync(file, String(visits));
	answer(200, JSON.stringify({ visits, pid: process.pid, label: process.env.LABEL ?? '', env: Object.keys(process.env).sort() }));
}).listen(Number(process.env.PORT), process.env.BIND);
