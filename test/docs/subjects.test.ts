import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHANGING_QUESTIONS, READING_QUESTIONS } from '../../nats/permissions.ts';
import {
	ALL_HEARTBEATS,
	commandSubject,
	createSubject,
	heartbeatSubject,
	logSubject,
	progressSubject,
	questionSubject,
	viewSubject,
} from '../../nats/subjects.ts';
import { QUESTIONS } from '../../runtime/api/contract.ts';
import { describeSubjects, InstallView } from '../../runtime/api/describe-subjects.ts';
import { projectRoot } from '../helpers/source-tree.ts';

const page = readFileSync(join(projectRoot, 'docs/subjects.md'), 'utf8');

test('docs/subjects.md is what the schemas say; `npm run docs` writes it anew', () => {
	expect(page).toBe(describeSubjects());
});

test('every public subject of the code is on the page', () => {
	const ref = { kind: '<kind>', id: '<id>' };
	const subjects = [
		createSubject('install'),
		commandSubject({ kind: 'install', id: '<instance>' }),
		viewSubject(ref),
		progressSubject(ref),
		logSubject('<host>', '<instance>'),
		heartbeatSubject('<host>'),
		ALL_HEARTBEATS,
		...Object.keys(QUESTIONS).map(questionSubject),
	];
	expect(subjects.filter((subject) => !page.includes(subject))).toEqual([]);
});

test('records as they were written are what the page says of covey.view', () => {
	const records = JSON.parse(readFileSync(join(projectRoot, 'test/machines/golden/install-1.json'), 'utf8')) as object[];
	for (const record of records) expect(InstallView.safeParse(record).error).toBeUndefined();
});

test('every number on the page that is not a count has its unit', () => {
	const bare = page.split('\n').filter((line) => /: number( \| null)?$/.test(line));
	expect(bare).toEqual([]);
});

test('every question is either reading, for viewers too, or changing', () => {
	const listed = [...READING_QUESTIONS, ...CHANGING_QUESTIONS];
	expect(listed.toSorted()).toEqual([...new Set(listed)].toSorted());
	expect(Object.keys(QUESTIONS).filter((question) => !listed.includes(question))).toEqual([]);
});
