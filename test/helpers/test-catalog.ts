// Catalog entries for tests: a small app with data, one that starts slowly, one that never gets well, one that does not exist.
import { mkdirSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILT_PACKAGE } from './package-registry.ts';

const SCRIPT = fileURLToPath(new URL('../cluster/fixtures/notes.mjs', import.meta.url));

/** A host has room for fewer of the giant app than this. */
export const GIANT_SHARE = 10;
/** It is not healthy before, ms: what it is promised stays a promise. */
const GIANT_DELAY_MS = 30_000;

/** Writes the entries into `folder` and returns it, for COVEY_CATALOG. The apps note their lives in `witness`. */
export function writeTestCatalog(folder: string, witness: string): string {
	mkdirSync(folder, { recursive: true });
	const nodeApp = (delay: number, health: string) => notes(witness, delay, health);
	const put = (name: string, process: string, startPeriod: string, memory = '16M', more = '') =>
		writeFileSync(join(folder, `${name}.yaml`), entry(name, process, startPeriod, memory, more));
	put('notes', nodeApp(0, 'well'), '60s');
	put(
		'keeper',
		`${nodeApp(0, 'well')}\n  env: { ADMIN_PASSWORD: "\${secret.admin}" }`,
		'60s',
		'16M',
		'secrets: [{ name: admin }]\n',
	);
	put('slow-notes', nodeApp(3_000, 'well'), '60s');
	for (const version of BUILT_PACKAGE.versions) put(`built-notes-${version.charAt(0)}`, built(witness, version), '60s');
	put('sick-notes', nodeApp(0, 'sick'), '3s');
	put('giant-notes', nodeApp(GIANT_DELAY_MS, 'well'), '90s', `${Math.floor(totalmem() / GIANT_SHARE / 2 ** 20)}M`);
	put('shelf', nodeApp(0, 'well'), '60s', '16M', 'provides: [shelf]\n');
	put('slow-shelf', nodeApp(3_000, 'well'), '60s', '16M', 'provides: [shelf]\n');
	put('reader', nodeApp(0, 'well'), '60s', '16M', needing('capability: shelf, recommended: slow-shelf'));
	put('sick-reader', nodeApp(0, 'sick'), '3s', '16M', needing('apps: [shelf]'));
	for (const type of ['postgres', 'mariadb', 'redis']) {
		put(`ledger-${type}`, ledger(type), '60s', '16M', databaseOf(type));
		put(`sick-ledger-${type}`, ledger(type, 'no-such-host'), '3s', '16M', databaseOf(type));
	}
	put('own-ledger', ledger('postgres'), '60s', '16M', 'databases:\n  - { type: postgres, name: main, server: dedicated }\n');
	put('versioned-ledger', `${versioned}\n${databaseEnvironment()}`, '10s', '16M', databaseOf('postgres'));
	put('versioned', versioned, '5s', '16M', IMAGE_OUT_OF_REACH);
	put('keyed-shelf', nodeApp(0, 'well'), '60s', '16M', 'provides: [keyed-shelf]\nsecrets:\n  - { name: key }\n');
	put('held-shelf', nodeApp(3_000, 'held'), '60s', '16M', 'provides: [keyed-shelf]\nsecrets:\n  - { name: key }\n');
	put('linked-reader', nodeApp(0, 'well'), '60s', '16M', linked('[200]'));
	put('pen', nodeApp(0, 'well'), '60s', '16M', 'provides: [pen]\n');
	put('curious-reader', nodeApp(0, 'well'), '60s', '16M', CURIOUS);
	put('refused-reader', nodeApp(0, 'well'), '60s', '16M', linked('[418]'));
	put(
		'nowhere',
		'type: npm\n  package: "@covey-test/does-not-exist-at-all"\n  version: 1.0.0\n  command: ["${node}", "${package}/index.js"]',
		'10s',
	);
	return folder;
}

const notesArguments = (witness: string, delay: number, health: string): string =>
	`"\${bind}", "\${port.web}", "\${volume.data}", ${JSON.stringify(witness)}, "${delay}", "${health}"`;

/** The same app as a package, which takes a while to build. */
const built = (witness: string, version: string): string =>
	`type: npm
  package: "${BUILT_PACKAGE.name}"
  version: ${version}
  command: ["\${node}", "\${package}/notes.mjs", ${notesArguments(witness, 0, 'well')}]`;

const notes = (witness: string, delay: number, health: string): string =>
	`type: binary
  program: node
  hint: Install Node.js.
  command: ["\${program}", ${JSON.stringify(SCRIPT)}, ${notesArguments(witness, delay, health)}]`;

/** It requires a shelf, which it is not told of: the plan alone knows. */
const needing = (servers: string): string => `integrations:
  - { name: shelf, words: a shelf, required: true, ${servers} }
`;

const CURIOUS = `integrations:
  - name: pen
    words: a pen
    capability: pen
    recommended: pen
    hooks:
      - { type: environment, set: { PEN_URL: "\${partner.url}" } }
`;

/** Connected by a variable, a value in a file, and a call of each side; `expect`: what the call of its own side must be answered. */
const linked = (expect: string): string => `integrations:
  - name: shelf
    words: a shelf
    required: true
    capability: keyed-shelf
    recommended: keyed-shelf
    hooks:
      - type: environment
        set: { SHELF_URL: "\${partner.url}", SHELF_KEY: "\${partner.secret.key}" }
      - type: file
        volume: data
        path: settings.json
        format: json
        set: { shelf.url: "\${partner.url}", shelf.key: "\${partner.secret.key}" }
      - type: http
        to: partner
        port: web
        method: POST
        path: /
        body: "\${instance} reads here"
        look: { path: /, contains: "\${instance} reads here" }
        undo: { method: POST, path: /, body: "\${instance} reads here no more" }
      - type: http
        port: web
        method: POST
        path: /
        body: "connected with \${partner.instance} by \${partner.secret.key}"
        expect: ${expect}
        look: { path: /, contains: "connected with \${partner.instance}, once" }
`;

/** `versioned` is never healthy at this version. */
export const VERSIONED_ILL = '3.0.1';
const VERSIONED = fileURLToPath(new URL('../cluster/fixtures/versioned.mjs', import.meta.url));
const versioned = `type: npm
  package: is-odd
  version: 2.0.0
  command: ["\${node}", ${JSON.stringify(VERSIONED)}, "\${bind}", "\${port.web}", "\${volume.data}", "\${package}", ${VERSIONED_ILL}]`;

/** Nobody answers there. */
export const UNREACHABLE_IMAGE = '127.0.0.1:1/covey/versioned:2';
const IMAGE_OUT_OF_REACH = `services:
  versioned:
    image: ${UNREACHABLE_IMAGE}
    ports: [{ name: web, target: 80 }]
    volumes: ["data:/data"]
`;

const LEDGER = fileURLToPath(new URL('../cluster/fixtures/ledger.mjs', import.meta.url));

const ledger = (type: string, host?: string): string =>
	`type: binary
  program: node
  hint: Install Node.js.
  command: ["\${program}", ${JSON.stringify(LEDGER)}, "\${bind}", "\${port.web}", ${type}]
${databaseEnvironment(host)}`;

function databaseEnvironment(host = '${database.main.host}'): string {
	return `  env:
    DB_HOST: "${host}"
    DB_PORT: "\${database.main.port}"
    DB_NAME: "\${database.main.name}"
    DB_USER: "\${database.main.user}"
    DB_PASSWORD: "\${database.main.password}"`;
}

function databaseOf(type: string): string {
	return `databases:\n  - { type: ${type}, name: main }\n`;
}

const entry = (name: string, process: string, startPeriod: string, memory: string, more: string): string => `schema: 1
name: ${name}
title: ${name}
summary: Only for tests.
category: test
license: MIT
resources:
  memory: { min: ${memory} }
  disk: { min: 1M }
ports:
  - { name: web, default: 18080, web: / }
volumes:
  - name: data
health:
  check: { type: http, port: web, path: /health }
  interval: 1s
  timeout: 2s
  retries: 2
  startPeriod: ${startPeriod}
process:
  ${process}
${more}`;
