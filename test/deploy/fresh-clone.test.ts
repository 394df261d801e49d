// What a fresh clone is started with, on a machine whose own Node cannot run TypeScript: the shell that npm starts finds that
// Node first, keeps its path for the rest of the line, and must nevertheless end at the one that is installed meanwhile.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FAKE_NPM } from './fake-npm.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const clone = mkdtempSync(join(tmpdir(), 'vitalseal-clone-'));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), text);
  chmodSync(join(clone, path), 0o755);
}

const ENTRY = `process.stdout.write(['ran by the installed Node', ...process.argv.slice(2)].join(' '));`;

/** As npm does: the script's line with the arguments at its end, the project's programs before the machine's. */
function npmRun(name: string, ...args: string[]) {
  rmSync(join(clone, 'node_modules'), { recursive: true, force: true });
  return spawnSync('sh', ['-c', [scripts[name], ...args].join(' ')], {
    cwd: clone,
    encoding: 'utf8',
    env: {
      PATH: [join(clone, 'node_modules/.bin'), join(clone, 'machine'), '/usr/bin', '/bin'].join(':'),
      npm_execpath: join(clone, 'npm-cli.js'),
    },
  });
}

beforeAll(() => {
  put('package.json', '{ "type": "module" }');
  put('package-lock.json', '{ "packages": { "": {} } }');
  put('npm-cli.js', FAKE_NPM);
  put(
    'machine/node',
    `#!/bin/sh\ncase "$1" in *.ts) echo "Unknown file extension" >&2; exit 1; esac\nexec ${process.execPath} "$@"\n`,
  );
  put('machine/npm', '#!/bin/sh\n');
  for (const name of ['vitalseal', 'vitest']) put(`installed/${name}`, `#!/usr/bin/env node\n${ENTRY}`);
  for (const path of ['test/run.ts', 'test/bench/main.ts']) put(path, ENTRY);
  put('deploy/debian-packages.js', '');
  cpSync(join(root, 'deploy/ensure-installed.js'), join(clone, 'deploy/ensure-installed.js'));
});
afterAll(() => rmSync(clone, { recursive: true }));

it.each(['start', 'test', 'test:long', 'bench'])('npm run %s ends at the Node that it installed', (name) => {
  const { status, stdout, stderr } = npmRun(name, 'gateway');
  expect({ status, stdout, stderr }).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^ran by the installed Node .*gateway$/),
  });
});
