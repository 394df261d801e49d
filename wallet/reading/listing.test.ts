import {
  addressOf,
  type Entry,
  type EntryBodies,
  type EntryType,
  emptyRoot,
  FacilityClient,
  MESSAGES,
  signEntry,
  signingKeyOf,
} from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { chosen, listRecords } from './listing.ts';

const key = signingKeyOf(new Uint8Array(32).fill(1));
const owner = new Uint8Array(20).fill(8);
const h = (n: number) => new Uint8Array(32).fill(n);

function entry<T extends EntryType>(type: T, body: EntryBodies[T], origin = 'ours'): Uint8Array {
  const head = { origin, signer: addressOf(key.publicKey), seq: 0, history: emptyRoot };
  return signEntry({ ...head, seen: { size: 0, root: emptyRoot }, type, body } as Entry, key);
}

const record = (id: number, change: Partial<EntryBodies['record.register']> = {}, origin?: string) =>
  entry(
    'record.register',
    {
      ...{ owner, recordId: new Uint8Array(16).fill(id), version: 1, previous: null, interval: { start: 0, end: 300 } },
      ...{ clock: 'unknown', contentType: 'a/b', blobHash: h(1), blobSize: 1, commitment: h(2), epoch: h(3), index: 0 },
      ...change,
    },
    origin,
  );
const epoch = entry('epoch.open', { owner, epoch: h(3), envelopeRoot: h(4), envelopeCount: 4 });

/** The listing of a facility that gives these pages, one for each request. */
function listed(...pages: [number, Uint8Array][][]) {
  const client = new FacilityClient(async () => {
    const rows = (pages.shift() ?? []).map(([index, bytes]) => ({ index, entry: bytes }));
    return { status: 200, body: MESSAGES.entries.encode(rows) };
  });
  return listRecords(client, 'ours', owner);
}

describe('a list of records', () => {
  it('is every page, in the order of the ledger', async () => {
    const { records, epochs } = await listed(
      [[3, epoch]],
      [
        [5, record(1)],
        [6, record(2)],
      ],
    );
    expect(records.map(({ index }) => index)).toEqual([5, 6]);
    expect([...epochs.keys()]).toEqual(['03'.repeat(32)]);
  });

  it('is refused when it goes backwards, or holds what is not this owner’s', async () => {
    const answer = { code: 'answer_invalid' };
    await expect(
      listed([
        [5, record(1)],
        [5, record(2)],
      ]),
    ).rejects.toMatchObject(answer);
    await expect(listed([[5, record(1)]], [[4, record(2)]])).rejects.toMatchObject(answer);
    await expect(listed([[5, record(1, { owner: new Uint8Array(20) })]])).rejects.toMatchObject(answer);
    const notice = entry('notice', { kind: 'damaged-blob', about: h(1), statement: null });
    await expect(listed([[5, notice]])).rejects.toMatchObject(answer);
    await expect(listed([[5, record(1, {}, 'theirs')]])).rejects.toMatchObject({ code: 'origin_mismatch' });
    await expect(listed([[5, record(1).with(-1, 1)]])).rejects.toMatchObject({ code: 'signature_invalid' });
  });

  it('gives the record of a wish, with its versions, and guesses none', async () => {
    const leaf = h(9);
    const listing = await listed([
      [5, record(0xab)],
      [6, record(0xac)],
      [7, record(0xab, { version: 2, previous: leaf })],
    ]);
    const indexes = (wish: Parameters<typeof chosen>[1]) => chosen(listing, wish).map(({ index }) => index);
    expect(indexes('all')).toEqual([5, 6, 7]);
    expect(indexes({ record: 'ABAB' })).toEqual([5, 7]);
    const near = await listed([
      [5, record(1)],
      [6, record(0, { recordId: new Uint8Array(16).fill(1).with(15, 2) })],
    ]);
    expect(() => chosen(near, { record: '0101' })).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(chosen(near, { record: `${'01'.repeat(15)}02` }).length).toBe(1);
    expect(() => indexes({ record: 'ffff' })).toThrow(expect.objectContaining({ code: 'not_found' }));
    expect(() => indexes({ record: 'aba' })).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
