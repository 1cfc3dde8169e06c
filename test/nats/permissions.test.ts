import { expect, test } from 'vitest';
import { permissionsOf, READING_QUESTIONS } from '../../nats/permissions.ts';
import type { TrustedUser } from '../../nats/server-trust.ts';
import { questionSubject } from '../../nats/subjects.ts';

const user = (name: string, role: TrustedUser['role']): TrustedUser => ({ name, role, nkey: `U${'A'.repeat(55)}` });
const all = [user('alder', 'voter'), user('elm', 'leaf'), user('ci', 'operator'), user('wall', 'viewer')];
const of = (name: string) => permissionsOf(all.find((one) => one.name === name) as TrustedUser, all);

test('a viewer is let in by name of the question only', () => {
	const asked = of('wall').publish.allow.filter((subject) => subject.startsWith('covey.'));
	expect(asked.toSorted()).toEqual(READING_QUESTIONS.map(questionSubject).toSorted());
});

test('nobody but hosts publishes answers, heartbeats, events or documents', () => {
	for (const name of ['ci', 'wall'])
		expect(
			of(name).publish.allow.filter((subject) => /^(_INBOX|\$KV|covey\.(hb|host|event|log|view|progress))/.test(subject)),
		).toEqual([]);
});

test("nobody hears everything, or everybody's answers", () => {
	const everything = ['>', '_INBOX.>', '_INBOX.h.>', '$KV.>', '$JS.>', 'covey.>', 'covey.host.>'];
	for (const { name } of all) expect(of(name).subscribe.allow.filter((subject) => everything.includes(subject))).toEqual([]);
});

test('a leaf may not beat or log for another host', () => {
	expect(of('elm').publish.deny).toEqual(['covey.hb.alder', 'covey.log.alder.>']);
});
