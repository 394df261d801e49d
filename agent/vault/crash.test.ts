// Each commit point, killed just before and just after it, in a real process: nothing that was acknowledged is lost, and
// no reading is in two records.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CommitPoint } from '../store/points.ts';
import { IDENTITY, live, openAll, type Person, person, type Shelf, temporaryFolder, values } from './core.testing.ts';

const CHILD = join(import.meta.dirname, 'crash-child.testing.ts');
const POINTS: readonly CommitPoint[] = [
  'segment-commit',
  'epoch-transaction',
  'seal-transaction',
  'hold-transaction',
  'give-transaction',
  'slot-move',
  'outbox-signed',
  'proven',
];

/** Runs one life; returns its last words. */
function run(folder: string, point: string, when: string, nth: number, first: number): string[] {
  try {
    const args = [CHILD, folder, point, when, String(nth), String(first)];
    return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n');
  } catch (error) {
    const { signal, stdout, stderr } = error as { signal: string; stdout: string; stderr: string };
    if (signal !== 'SIGKILL') throw new Error(`the child failed by itself: ${stderr}`);
    return stdout.split('\n');
  }
}

const numbers = (lines: readonly string[], word: string) =>
  lines
    .filter((line) => line.startsWith(word))
    .flatMap((line) => {
      const [, from = '', count = ''] = line.split(' ');
      return Array.from({ length: Number(count) }, (_, i) => Number(from) + i);
    });

async function survivors(folder: string, people: Person[]): Promise<number[]> {
  const life = live(folder);
  const [, , cid] = people as [Person, Person, Person];
  await life.core.setIdentity(IDENTITY);
  await life.core.setOwners(people);
  await life.core.setAssignments(new Map([['pump', cid.owner]]));
  await life.core.flush();
  const shelves: Shelf[] = readdirSync(join(folder, 'facility')).map((name) =>
    deserialize(readFileSync(join(folder, 'facility', name))),
  );
  const known = new Set(shelves.map(({ item }) => item.id));
  for (const item of life.core.pending(10_000)) {
    if (known.has(item.id)) continue;
    const blob = item.blobHash === null ? null : life.core.blob(item.blobHash);
    shelves.push({ item, blob, envelopes: item.type === 'epoch.open' ? life.core.envelopes(item.body.epoch) : null });
  }
  expect(life.core.status()).toMatchObject({ held: 0, dropped: 0, failing: null, restored: false });
  await life.core.close();
  const all: number[] = [];
  for (const one of people) {
    const read = await openAll(shelves, one);
    // Counters without a gap and without a double: no reading in two records, none between two.
    expect(read.map(({ counter }) => counter)).toEqual(read.map((_, i) => i));
    all.push(...values(read));
  }
  return all.sort((a, b) => a - b);
}

describe.each(POINTS)('killed at %s', (point) => {
  it.each(['before', 'after'])('%s it, twice in a row', { timeout: 60_000 }, async (when) => {
    const folder = temporaryFolder(onTestFinished);
    mkdirSync(join(folder, 'facility'));
    const people = [await person(1), await person(2), await person(3)];
    writeFileSync(join(folder, 'people'), serialize(people));
    const lives = [run(folder, point, when, 1, 0), run(folder, point, when, 2, 1000), run(folder, 'none', '', 1, 2000)];
    expect(lives.map((life) => life.includes('closed'))).toEqual([false, false, true]);
    const lines = lives.flat();
    const found = await survivors(folder, people);
    expect(new Set(found).size).toBe(found.length);
    const kept = numbers(lines, 'kept');
    const sent = new Set(numbers(lines, 'sent'));
    expect(kept.filter((n) => !found.includes(n))).toEqual([]);
    expect(found.filter((n) => !sent.has(n))).toEqual([]);
  });
});
