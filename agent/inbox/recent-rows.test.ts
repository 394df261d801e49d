import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../vault/core.testing.ts';
import { openStore } from '../vault/store.sqlite.ts';
import { decodeIds, type MessageId } from './recent.ts';
import { idRows, keepIds } from './recent-rows.ts';

const ids = (users: number, each: number): MessageId[] =>
  Array.from({ length: users * each }, (_, n) => {
    const [user, client] = [`device ${n % users}`, `client ${n}`];
    return { user, client, packetId: n & 0xffff, hash: 'abcdefgh' };
  });

it('keeps the ids of many devices whose every message comes from a client of its own', () => {
  const store = openStore(join(temporaryFolder(onTestFinished), 'agent.db'));
  onTestFinished(() => store.close());
  const many = ids(70, 1000);
  for (const round of [many, ...Array.from({ length: 40 }, () => many.slice(-100))])
    store.transaction(() => keepIds(store, round));
  const kept = idRows(store).flatMap(decodeIds);
  expect(kept.length).toBeGreaterThanOrEqual(many.length);
  expect(new Set(kept.map(({ client }) => client)).size).toBe(many.length);
  const rows = store.sql('SELECT count(*) AS n FROM recent').get()?.n as number;
  expect(rows).toBeLessThan(40);
});

it('does not grow, however long the names of clients are', () => {
  const store = openStore(join(temporaryFolder(onTestFinished), 'agent.db'));
  onTestFinished(() => store.close());
  const named = (round: number): MessageId[] =>
    Array.from({ length: 11_000 }, (_, n) => {
      const client = `~2B8B/${(round * 11_000 + n).toString(16).padStart(6, '0')}/0`;
      return { user: 'ble/sensor', client, packetId: n & 0xffff, hash: 'abcdefgh' };
    });
  for (let round = 0; round < 30; round++) store.transaction(() => keepIds(store, named(round)));
  const rows = idRows(store);
  expect(rows.reduce((sum, row) => sum + row.length, 0)).toBeLessThan(8 << 20);
  const newest = new Set(rows.flatMap(decodeIds).map(({ client }) => client));
  expect(named(29).filter(({ client }) => !newest.has(client))).toEqual([]);
});
