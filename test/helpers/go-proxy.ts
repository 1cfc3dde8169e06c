// Go modules in a folder, as `GOPROXY=file://…` reads them: nothing of a test leaves this machine.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

export function writeGoModule(proxy: string, module: string, version: string, files: Record<string, string>): void {
	const folder = join(proxy, module, '@v');
	mkdirSync(folder, { recursive: true });
	const name = `v${version}`;
	writeFileSync(join(folder, `${name}.info`), JSON.stringify({ Version: name, Time: '2026-01-01T00:00:00Z' }));
	writeFileSync(join(folder, `${name}.mod`), files['go.mod'] ?? '');
	const inside = Object.entries(files).map(([path, text]) => [`${module}@${name}/${path}`, Buffer.from(text)] as const);
	writeFileSync(join(folder, `${name}.zip`), storedZip(inside));
	writeFileSync(join(folder, 'list'), `${name}\n`);
}

/** A zip archive without compression. */
function storedZip(files: readonly (readonly [string, Buffer])[]): Buffer {
	const bodies: Buffer[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const [path, content] of files) {
		const name = Buffer.from(path);
		const common = Buffer.alloc(26);
		common.writeUInt16LE(20, 0);
		common.writeUInt16LE(0x5c21, 8);
		common.writeUInt32LE(crc32(content), 10);
		common.writeUInt32LE(content.length, 14);
		common.writeUInt32LE(content.length, 18);
		common.writeUInt16LE(name.length, 22);
		const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, content]);
		const tail = Buffer.alloc(14);
		tail.writeUInt32LE(offset, 10);
		directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, name]));
		bodies.push(local);
		offset += local.length;
	}
	const listed = Buffer.concat(directory);
	const end = Buffer.alloc(18);
	end.writeUInt16LE(files.length, 4);
	end.writeUInt16LE(files.length, 6);
	end.writeUInt32LE(listed.length, 8);
	end.writeUInt32LE(offset, 12);
	return Buffer.concat([...bodies, listed, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
