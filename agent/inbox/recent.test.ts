import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRecent, decodeIds, encodeIds, type MessageId, RECENT_IDS, RECORD_IDS } from './recent.ts';

const id = (packetId: number, hash = 'abcdefgh', user = 'pump', client = 'c1'): MessageId => ({
  user,
  client,
  packetId,
  hash,
});

it('remembers the latest message of a client under a packet id', () => {
  const recent = createRecent<number>();
  recent.remember(id(1, 'aaaaaaaa'), 1);
  recent.remember(id(1, 'bbbbbbbb'), 2);
  expect(recent.find('pump', 'c1', 1)).toEqual({ hash: 'bbbbbbbb', tag: 2 });
  expect(recent.find('pump', 'c2', 1)).toBeNull();
  expect(recent.find('monitor', 'c1', 1)).toBeNull();
});

it('keeps the last 1,024 of a user', () => {
  const recent = createRecent<null>();
  for (let n = 0; n <= RECENT_IDS; n++) recent.remember(id(n), null);
  expect(recent.find('pump', 'c1', 0)).toBeNull();
  expect(recent.find('pump', 'c1', 1)).not.toBeNull();
  expect([...recent.ids()].length).toBe(RECENT_IDS);
});

it('keeps the last 32,768 records of a Bluetooth device, of all its characteristics together', () => {
  const recent = createRecent<null>();
  const clients = ['2A18', '2AA7'];
  for (let n = 0; n <= RECORD_IDS; n++) recent.remember(id(n >> 1, 'abcdefgh', 'ble/meter', clients[n & 1]), null);
  expect(recent.find('ble/meter', '2A18', 0)).toBeNull();
  expect(recent.find('ble/meter', '2AA7', 0)).not.toBeNull();
  expect([...recent.ids()].length).toBe(RECORD_IDS);
  expect([...recent.ids()].at(-1)).toEqual(id(RECORD_IDS >> 1, 'abcdefgh', 'ble/meter', '2A18'));
});

it('takes back only what no later message replaced', () => {
  const recent = createRecent<number>();
  recent.remember(id(1), 1);
  recent.remember(id(1), 2);
  recent.forget(id(1), 1);
  expect(recent.find('pump', 'c1', 1)?.tag).toBe(2);
  recent.forget(id(1), 2);
  expect(recent.find('pump', 'c1', 1)).toBeNull();
});

it('encodes ids and reads them back', () => {
  const anyId = fc.record({
    user: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => !s.includes('\0')),
    client: fc.string({ unit: 'grapheme', maxLength: 20 }),
    packetId: fc.nat(65_535),
    hash: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((b) => String.fromCharCode(...b)),
  });
  fc.assert(
    fc.property(fc.array(anyId, { maxLength: 50 }), (ids) => {
      expect(decodeIds(encodeIds(ids))).toEqual(ids);
    }),
  );
});

it('says so when a row is damaged', () => {
  expect(() => decodeIds(new Uint8Array([0, 5, 1]))).toThrowError(/damaged/);
});
