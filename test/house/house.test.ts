import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cyclesOf } from './cycles.ts';
import { checkDependencies } from './dependencies.ts';
import { checkInstall } from './install.ts';
import { checkAll } from './main.ts';
import { checkHouse, registryCodes } from './rules.ts';
import { readTree, treeOf } from './tree.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const gate = fileURLToPath(new URL('main.ts', import.meta.url));

/** A small house in order. */
const CLEAN: Readonly<Record<string, string>> = {
  'package-lock.json': locked({ '': {}, 'node_modules/x': { dependencies: { y: '1' } }, 'node_modules/y': {} }),
  'package.json': '{ "devDependencies": { "vitest": "5.1.1" } }',
  'ledger/package.json': '{ "name": "@vitalseal/ledger", "dependencies": { "cborg": "6.1.5" } }',
  'ledger/main.ts': "// The ledger.\nexport { ERRORS } from './errors.ts';\n",
  'ledger/errors.ts':
    '// The registry.\nexport const ERRORS = { seq_gap: 1, not_found: 2 } as const satisfies object;\n',
  'ledger/crypto.ts': "// Hashes.\nimport 'node:crypto';\n",
  'gateway/package.json': '{ "name": "@vitalseal/gateway" }',
  'gateway/main.ts': "// The gateway.\nimport '@vitalseal/ledger';\nexport const g = 1;\n",
  'agent/package.json': '{ "name": "@vitalseal/agent" }',
  'agent/main.ts': "// The agent.\nimport './inbox/store.sqlite.ts';\nimport type { g } from '@vitalseal/gateway';\n",
  'agent/inbox/store.sqlite.ts': "// The store.\nimport './sync.fs.ts';\n",
  'agent/inbox/sync.fs.ts': "// Syncing files.\nimport 'node:fs';\n",
  'agent/inbox/port.ts': "// A port.\nimport type { Socket } from 'node:net';\nexport type S = Socket;\n",
  'agent/inbox/store.test.ts':
    "import { it } from 'vitest';\nimport './store.sqlite.ts';\nit.skipIf(true)('x', () => {});\n",
  'facility/package.json': '{ "name": "@vitalseal/facility" }',
  'facility/main.ts': '// The facility.\nexport {};\n',
  'firmware-sim/package.json': '{ "name": "@vitalseal/firmware-sim" }',
  'firmware-sim/main.ts': '// The devices.\nexport {};\n',
  'cli/main.ts': "// The command.\nawait import('@vitalseal/agent');\nconsole.log(process.env.HOME);\n",
};

function locked(packages: object): string {
  return JSON.stringify({ packages });
}

const line = (text: string) => `// Why.\n${text}\n`;

/** Each rule, and changes to the clean house that must break it. `null` deletes. */
const PLANTED: readonly [rule: string, path: string, text: string][] = [
  ['syntax', 'agent/x.ts', line('const = 1;')],
  ['dependency-rule', 'ledger/x.ts', line("import '@vitalseal/gateway';")],
  ['dependency-rule', 'ledger/x.ts', line("import type { g } from '@vitalseal/gateway';")],
  ['dependency-rule', 'ledger/x.ts', line("export * from '@vitalseal/gateway';")],
  ['dependency-rule', 'ledger/x.ts', line("export type { g } from '@vitalseal/gateway';")],
  ['dependency-rule', 'ledger/x.ts', line("const g = await import('@vitalseal/gateway');")],
  ['dependency-rule', 'ledger/x.ts', line("let g: import('@vitalseal/gateway').G;")],
  ['dependency-rule', 'ledger/x.ts', line("import { g } from '../gateway/main.ts';")],
  ['dependency-rule', 'ledger/x.test.ts', line("import '@vitalseal/agent';")],
  ['dependency-rule', 'facility/x.ts', line("import '@vitalseal/agent';")],
  ['dependency-rule', 'firmware-sim/x.ts', line("import '@vitalseal/ledger';")],
  ['dependency-rule', 'agent/x.ts', line("import '../cli/main.ts';")],
  ['dependency-rule', 'facility/x.ts', line("const a = require('@vitalseal/agent');")],
  ['import-through-main', 'agent/x.ts', line("import '@vitalseal/ledger/crypto.ts';")],
  ['import-through-main', 'agent/x.ts', line("import '../ledger/crypto.ts';")],
  ['import-unresolved', 'agent/x.ts', line("import './main';")],
  ['import-computed', 'agent/x.ts', line("const name = './main.ts'; await import(name);")],
  ['dependency-undeclared', 'agent/x.ts', line("import 'cborg';")],
  ['dependency-undeclared', 'agent/x.ts', line("import type { X } from '@noble/hashes/sha2.js';")],
  ['adapter', 'agent/x.ts', line("import './inbox/store.sqlite.ts';")],
  ['adapter', 'agent/inbox/x.ts', line("import type { S } from './store.sqlite.ts';")],
  ['test-imported', 'agent/x.ts', line("import './inbox/store.test.ts';")],
  ['ledger-pure', 'ledger/x.ts', line("import 'node:fs';")],
  ['dependency-rule', 'facility/x.ts', line("new Worker(new URL('../agent/main.ts', import.meta.url));")],
  ['import-unresolved', 'facility/x.ts', line("new Worker(new URL('gone.ts', import.meta.url));")],
  ['io', 'agent/x.ts', line("import { readFileSync } from 'node:fs';")],
  ['io', 'facility/x.ts', line("const { connect } = await import('node:net');")],
  ['ledger-clock', 'ledger/x.ts', line('export const now = Date.now();')],
  ['ledger-clock', 'ledger/x.ts', line('export const today = new Date();')],
  ['ledger-clock', 'ledger/x.ts', line('setTimeout(() => {}, 1);')],
  ['cycle', 'ledger/errors.ts', line("import './main.ts';")],
  ['cycle', 'agent/inbox/sync.fs.ts', line("import type { S } from './store.sqlite.ts';")],
  ['cycle', 'agent/x.ts', line("import type { X } from './x.ts';")],
  ['size', 'agent/x.ts', line('export {};\n'.repeat(300))],
  ['size', 'agent/x.test.ts', line('export {};\n'.repeat(400))],
  ['vague-name', 'agent/utils.ts', line('export {};')],
  ['vague-name', 'agent/test-helpers.ts', line('export {};')],
  ['vague-name', 'agent/common/x.ts', line('export {};')],
  ['vague-name', 'agent/inbox/session.manager.ts', line('export {};')],
  ['header', 'agent/x.ts', 'export {};\n'],
  ['header', 'cli/bin/x.js', '#!/usr/bin/env node\nexport {};\n'],
  ['unfinished', 'agent/x.ts', line('// TODO: later')],
  ['unfinished', 'agent/x.ts', line('/* FIXME */')],
  ['unfinished', 'agent/x.ts', line('const answer = null; // a stub')],
  ['machine-path', 'deploy/x.toml', 'data = "/home/someone/data"\n'],
  ['machine-path', 'NOTES.md', `see ${['', 'work', 'main', 'x'].join('/')}\n`],
  ['registry-host', 'NOTES.md', 'from https://registry.npmjs.org/x\n'],
  ['locked-host', 'package-lock.json', locked({ 'node_modules/x': { resolved: 'https://mirror.example/x.tgz' } })],
  [
    'locked-incomplete',
    'package-lock.json',
    locked({ 'node_modules/x': { optionalDependencies: { 'x-darwin': '1.0.0' } } }),
  ],
  ['locked-incomplete', 'package-lock.json', locked({ 'node_modules/x': { dependencies: { y: '^1.0.0' } } })],
  ['pinned', 'agent/package.json', '{ "dependencies": { "x": "^1.0.0" } }'],
  ['pinned', 'package.json', '{ "devDependencies": { "x": "latest" } }'],
  ['hidden-test', 'agent/x.test.ts', line(`import { it } from 'vitest'; it.${'only'}('x', () => {});`)],
  [
    'hidden-test',
    'agent/x.test.ts',
    line("import { describe } from 'vitest'; describe.concurrent.skip('x', () => {});"),
  ],
  ['hidden-test', 'agent/x.test.ts', line("import { test } from 'vitest'; test.todo('x');")],
  ['console', 'agent/x.ts', line('console.error(1);')],
  ['environment', 'agent/x.ts', line('export const home = process.env.HOME;')],
  ['environment', 'agent/x.ts', line("export const home = process['env'].HOME;")],
  ['browser-safe', 'ledger/x.ts', line('export const b = Buffer.alloc(1);')],
  ['error-code', 'agent/x.ts', line("throw new VitalsealError('made_up', 'x');")],
];

const rulesBroken = (files: Readonly<Record<string, string>>) => {
  const tree = treeOf(files);
  return [...checkDependencies(tree), ...checkHouse(tree), ...checkInstall(tree)].map(({ rule }) => rule);
};

describe('the gates', () => {
  it('find nothing in a house in order', () => {
    expect(rulesBroken(CLEAN)).toEqual([]);
  });

  it.each(PLANTED)('catch %s planted in %s: %j', (rule, path, text) => {
    expect(rulesBroken({ ...CLEAN, [path]: text })).toContain(rule);
  });

  it('are not deceived by a comment or a string', () => {
    const text = line(`// import '@vitalseal/agent';\nconst s = "import '@vitalseal/agent'; it.${'only'}(";`);
    expect(rulesBroken({ ...CLEAN, 'ledger/x.ts': text })).toEqual([]);
  });

  it('know the registry of errors', () => {
    expect(registryCodes({ path: 'ledger/errors.ts', text: CLEAN['ledger/errors.ts'] ?? '' })).toEqual([
      'seq_gap',
      'not_found',
    ]);
    const real = readTree(root).get('ledger/errors.ts');
    expect(real && registryCodes(real)).toContain('seq_gap');
  });

  it('find a cycle through many files once, and none in a diamond', () => {
    expect(cyclesOf(new Map(Object.entries({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })))).toEqual([]);
    expect(cyclesOf(new Map(Object.entries({ a: ['b'], b: ['c'], c: ['a', 'd'], d: [] })))).toEqual([
      ['a', 'b', 'c', 'a'],
    ]);
  });

  it('stop the check: exit code 1, and the place, from a folder on disk', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitalseal-house-'));
    const run = () => spawnSync(process.execPath, [gate, folder], { encoding: 'utf8' });
    try {
      for (const [path, text] of Object.entries(CLEAN)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      expect(run()).toMatchObject({ status: 0, stderr: '' });
      writeFileSync(join(folder, 'ledger/x.ts'), line("import type { g } from '@vitalseal/gateway';"));
      const { status, stdout } = run();
      expect(stdout).toContain('ledger/x.ts:2 dependency-rule: ledger may import nothing of ours, not gateway');
      expect(status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('this repository', () => {
  it('keeps its own rules', () => {
    expect(checkAll(root)).toEqual([]);
  });

  it('is seen by the gates: its folders are there', () => {
    const tree = readTree(root);
    for (const path of ['ledger/main.ts', 'agent/main.ts', 'cli/main.ts', 'package-lock.json'])
      expect(tree.has(path)).toBe(true);
  });
});
