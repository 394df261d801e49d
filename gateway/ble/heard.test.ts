import { expect, it } from 'vitest';
import { HeardBook } from './heard.ts';
import type { Sighting } from './radio.ts';

function sighting(n: number): Sighting {
  return {
    ...{ address: `C0:00:00:00:00:${n}`, addressType: 'random', name: null, rssi: -70, services: [] },
    ...{ serviceData: new Map(), manufacturerData: new Map(), paired: false, connected: false },
  };
}

it('keeps the newest sighting of each address, the one longest not heard goes first', () => {
  const book = new HeardBook(2);
  expect([book.hear(sighting(1), 0), book.hear(sighting(2), 1), book.hear(sighting(1), 2)]).toEqual([
    true,
    true,
    false,
  ]);
  book.hear(sighting(3), 3);
  expect(book.since(0).map(({ address }) => address.at(-1))).toEqual(['1', '3']);
  expect(book.since(3)).toHaveLength(1);
});

it('is not filled by strangers that change their address with every word', () => {
  const book = new HeardBook(64);
  for (let i = 0; i < 10_000; i++) book.hear(sighting(i), i);
  expect(book.size).toBe(64);
});

it('follows an identity', () => {
  const book = new HeardBook(4);
  book.hear(sighting(1), 5);
  book.identity(sighting(1).address, sighting(2).address);
  expect([book.get(sighting(1).address), book.get(sighting(2).address)?.sighting.address]).toEqual([
    null,
    sighting(2).address,
  ]);
});
