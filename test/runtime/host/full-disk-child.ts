// Writes jobs until the disk takes no more, and tells what it saw.
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { openFileJournal } from '../../../runtime/host/file-journal.ts';
import { openSqliteJournal } from '../../../runtime/host/sqlite-journal.ts';

const path = process.argv[2] ?? '';
const journal = path.endsWith('.json') ? openFileJournal(path) : openSqliteJournal(path);
const filler = 'x'.repeat(4_000);
let written = 0;
let code = 'none';
for (; code === 'none' && written < 2_000; written++) {
	try {
		const row = {
			epoch: 1,
			token: 1,
			effect: 'work',
			input: filler,
			owner: 'alder',
			state: 'running',
			attempts: 0,
			interrupted: 0,
		} as const;
		const rest = { nextAt: 0, end: null, notes: [], created: 1, ended: null, acked: false };
		journal.write({ jobs: [{ key: `job-${written}`, actor: { kind: 'install', id: 'wiki' }, ...row, ...rest }] });
	} catch (thrown) {
		code = thrown instanceof CoveyError ? thrown.code : String(thrown);
		written--;
	}
}
process.stdout.write(JSON.stringify({ code, written, kept: journal.recent(10_000).length }));
