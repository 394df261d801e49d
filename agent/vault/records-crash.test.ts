// A meter's dump of stored records, cut by SIGKILL between the inbox's commits and the cursor: the next life gets the whole
// dump again, and keeps each record once.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from './core.testing.ts';

const CHILD = join(import.meta.dirname, 'records-child.testing.ts');

/** Runs one life; returns what it said. */
function run(folder: string, records: number, point = 'none', when = '', nth = 1): string[] {
  try {
    const args = [CHILD, folder, String(records), point, when, String(nth)];
    return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      .trim()
      .split('\n');
  } catch (error) {
    const { signal, stdout, stderr } = error as { signal: string; stdout: string; stderr: string };
    if (signal !== 'SIGKILL') throw new Error(`the child failed by itself: ${stderr}`);
    return stdout.trim().split('\n');
  }
}

it.each([
  ['after the first commit', 'segment-commit', 'after', 1],
  ['before the second commit', 'segment-commit', 'before', 2],
  ['between the last commit and the cursor', 'outbox-signed', 'before', 1],
])('killed %s: nothing is lost, nothing is kept twice', (_what, point, when, nth) => {
  const folder = temporaryFolder(onTestFinished);
  expect(run(folder, 3000, point, when, nth)).toEqual(['cursor none']);
  const [cursor, saved, counts] = run(folder, 3000);
  expect([cursor, saved]).toEqual(['cursor none', 'saved']);
  expect(counts).toMatch(/^readings 3000 /);
  const [later] = run(folder, 0);
  expect(later).toBe('cursor saved');
});

it('knows 5,000 records again when all are sent anew, also in a later life', () => {
  const folder = temporaryFolder(onTestFinished);
  expect(run(folder, 5000).at(-1)).toBe('readings 5000 duplicates 0');
  // Duplicates are counted with the next commit, of which a full dump that is known leaves none.
  for (let life = 0; life < 2; life++) expect(run(folder, 5000).at(-1)).toMatch(/^readings 5000 /);
  expect(run(folder, 5001).at(-1)).toBe('readings 5001 duplicates 5000');
});
