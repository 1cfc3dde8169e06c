// The quick reader of catalog files must never read something else than the one that knows places.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { OWN_APPS, sourcesIn } from '../../catalog/load.ts';
import { quickYaml } from '../../catalog/quick-yaml.ts';

const careful = (text: string): { status: 'read'; value: unknown } | { status: 'wrong' } => {
	const document = parseDocument(text, { prettyErrors: false });
	return document.errors.length > 0 ? { status: 'wrong' } : { status: 'read', value: document.toJS({ maxAliasCount: 100 }) };
};

/** Being unsure is always right. */
const agrees = (text: string) => {
	const quick = quickYaml(text);
	if (quick.status === 'read') expect({ text, ...careful(text) }).toEqual({ text, ...quick });
	return quick.status;
};

test('it reads every entry that comes with Covey', () => {
	for (const { text } of sourcesIn(OWN_APPS)) expect(agrees(text)).toBe('read');
});

const WORDS =
	`1_000 0b11 0o17 0x1F 012 08 +1 -1 1. .5 1e3 1e+3 .inf -.INF .nan yes no on off y n true True TRUE null Null NULL ~ 2001-01-01
	2001-12-14t21:59:43.10-05:00 12:30:45 1:2 !x "1" '1' "\\x41" "\\u00e9" a#b a:b :a ?a -a - @a \`a %a <<`
		.split(/\s+/)
		.filter((word) => word !== '');

test.each(WORDS)('it takes the word %s for the same', (word) => {
	for (const text of [`a: ${word}\n`, `- ${word}\n`, `a: [${word}, 1]\n`, `${word}: 1\n`, `a: {b: ${word}}\n`]) agrees(text);
});

test.each([
	'a: 1\na: 2\n',
	'a: &x {b: 1}\nc: *x\n',
	'base: &x {b: 1}\nc: {<<: *x}\n',
	'%YAML 1.1\n---\na: yes\n',
	'--- \na: 1\n...\n',
	'a: 1\n---\nb: 2\n',
	'a: !!str 5\n',
	'a: !secret b\n',
	'',
	'# nothing\n',
	'a:\n  - b\n - c\n',
	'a:\n\tb: 1\n',
	'a: |\n  one\n   two\n\n  three\n\n',
	'a: >-\n  one\n  two\n\n  three\n',
	'a: |2\n    indented\n',
	'a: "one\n  two"\n',
	"a: 'it''s'\n",
	'? a\n: b\n',
	'? ~\n: b\n',
	': b\n',
	'{: b}\n',
	'a : b\n',
	'a: [b, c,]\n',
	'__proto__: {a: 1}\n',
	'a: b # c\nd: "e # f"\n',
])('it agrees about %j, or leaves it to the other', (text) => {
	agrees(text);
});

test('few lines that stand for gigabytes are left to the other', () => {
	const levels = Array.from({ length: 8 }, (_, index) => `l${index + 1}: &l${index + 1} [${`*l${index}, `.repeat(9)}x]`);
	expect(quickYaml(['l0: &l0 [x]', ...levels].join('\n')).status).toBe('unsure');
});

test('it reads what was written of any data as the other does', () => {
	const text = fc.oneof(fc.string(), fc.constantFrom(...WORDS), fc.stringMatching(/^[a-z:# {}[\],&*!|>'"%@`\n-]{0,12}$/));
	const leaf = fc.oneof(text, fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
	const { tree } = fc.letrec((tie) => ({
		tree: fc.oneof(
			{ maxDepth: 4 },
			leaf,
			fc.array(tie('tree'), { maxLength: 4 }),
			fc.dictionary(text, tie('tree'), { maxKeys: 4 }),
		),
	}));
	const style = fc.record({
		indent: fc.constantFrom(2, 4),
		lineWidth: fc.constantFrom(0, 20, 80),
		collectionStyle: fc.constantFrom('any' as const, 'flow' as const),
		defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_SINGLE' as const, 'BLOCK_FOLDED' as const),
	});
	fc.assert(
		fc.property(fc.dictionary(text, tree, { maxKeys: 4 }), style, (data, how) => {
			agrees(stringify(data, how));
		}),
		{ numRuns: 500 },
	);
});
