import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vitalseal-agent-'));
  expect(await main(['agent', 'init', '--data', folder], recordingIo().io)).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('agent flush of a gateway that is not enrolled says what to do', async () => {
  const recorded = recordingIo();
  expect(await main(['agent', 'flush', '--data', folder], recorded.io)).toBe(0);
  expect(recorded.stdout()).toBe('0 of 0 readings proven\n');
  const next = `agent enroll --facility URL --code CODE --owner ADDRESS --data ${folder}`;
  expect(recorded.stderr()).toMatch(/^not enrolled/);
  expect(recorded.stderr()).toContain(next);
  const json = recordingIo();
  expect(await main(['agent', 'flush', '--data', folder, '--json'], json.io)).toBe(0);
  expect([json.stderr(), json.lastJson()]).toEqual(['', expect.objectContaining({ enrolled: false })]);
});
