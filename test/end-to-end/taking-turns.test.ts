// `run &` and the next command at once, as a script or a person types them: none of them trips over the other.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand, runJson, startCommand } from '../site/command.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { freePort } from '../site/ports.ts';
import { until } from '../site/until.ts';

const TIMES = 4;

let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await makeTemporaryFolder();
});

afterAll(() => folder?.remove());

const SIDES = [
  { side: 'facility', place: '--listen', short: ['invite', '--role', 'patient'] },
  { side: 'agent', place: '--mqtt', short: ['devices', 'list'] },
];

test.each(SIDES)(
  '$side: a start and short commands beside it all succeed, in any order',
  async ({ side, place, short }) => {
    const data = ['--data', join(folder.dir, side)];
    await runJson([side, 'init', ...data]);
    for (let turn = 0; turn < TIMES; turn++) {
      const run = () => startCommand([side, 'run', place, `127.0.0.1:${port}`, ...data]);
      const port = await freePort();
      const ask = () => [
        runCommand([side, ...short, ...data, '--json']),
        runCommand([side, 'status', ...data, '--json']),
      ];
      // Either may win the folder.
      const early = turn % 2 === 0 ? ask() : [];
      const running = run();
      const outcomes = await Promise.all([...early, ...ask()]);
      for (const { code, stderr } of outcomes) expect(code, stderr).toBe(0);
      await until('the line of the start', () => running.output().stdout.includes('listens'));
      const { code, stderr } = await running.stop();
      expect(code, stderr).toBe(0);
    }
  },
  120_000,
);
