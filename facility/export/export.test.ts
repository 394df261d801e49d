// What an export must not trip over: a facility that goes on while it is written.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCheckpoint, parsePolicy } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { withFacility } from '../fixtures/facility.ts';
import { exportFacility } from '../main.ts';

describe('an export', () => {
  it('takes a checkpoint that is published while it begins for what it is, and no fork', () =>
    withFacility(async ({ dir, facility, enrol }) => {
      const checkpoint = join(dir, 'log', 'checkpoint');
      // A pipe in the checkpoint's place: whoever reads it waits until the facility has gone on.
      expect(spawnSync('mkfifo', [checkpoint.concat('.pipe')]).status).toBe(0);
      await rename(`${checkpoint}.pipe`, checkpoint);
      const pipe = openSync(checkpoint, 'r+');
      const exporting = exportFacility({ dir }, join(dir, 'out'), []);
      exporting.catch(() => {});
      await enrol('patient');
      const size = facility.status().entries;
      await expect.poll(() => facility.status().checkpoint.size).toBe(size);
      writeSync(pipe, await readFile(checkpoint));
      closeSync(pipe);
      expect(await exporting).toMatchObject({ size });
      const note = await readFile(join(dir, 'out', 'checkpoint'), 'utf8');
      expect(checkCheckpoint(note, parsePolicy(facility.policyText)).size).toBe(size);
    }));
});
