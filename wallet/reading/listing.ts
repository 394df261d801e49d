// The owner's entries as a facility lists them: records, and the epochs that their keys come from. A list proves
// nothing; each entry that is used is proven before it counts.
import {
  type Address,
  type DecodedEntry,
  type EntryOf,
  equalBytes,
  type FacilityClient,
  openEntry,
  toHex,
  VitalsealError,
} from '@vitalseal/ledger';

/** A signed entry and where the facility says it is. */
export interface Listed<T extends 'record.register' | 'epoch.open'> extends Omit<DecodedEntry, 'entry'> {
  readonly entry: EntryOf<T>;
  readonly index: number;
}

export interface Listing {
  /** In the order of the ledger. */
  readonly records: readonly Listed<'record.register'>[];
  /** By hex of the epoch. */
  readonly epochs: ReadonlyMap<string, Listed<'epoch.open'>>;
}

/** What the person asked for: one record by hex id (or a beginning of it), or all. */
export type Wish = { readonly record: string } | 'all';

/**
 * All of an owner's entries. Throws `answer_invalid` when the list goes backwards or holds anything that is not this
 * owner's, `origin_mismatch`, and what `openEntry` throws.
 */
export async function listRecords(client: FacilityClient, origin: string, owner: Address): Promise<Listing> {
  const records: Listed<'record.register'>[] = [];
  const epochs = new Map<string, Listed<'epoch.open'>>();
  let from = 0;
  for (;;) {
    const page = await client.ownerRecords(owner, from);
    for (const { index, entry: bytes } of page) {
      if (index < from) throw new VitalsealError('answer_invalid', 'the list of records goes backwards');
      from = index + 1;
      const { entry, ...rest } = openEntry(bytes);
      const kind = entry.type === 'record.register' || entry.type === 'epoch.open';
      if (entry.origin !== origin) throw new VitalsealError('origin_mismatch');
      if (!kind || !equalBytes(entry.body.owner, owner)) {
        throw new VitalsealError('answer_invalid', 'the list of records holds something else');
      }
      if (entry.type === 'record.register') records.push({ ...rest, entry, index });
      else epochs.set(toHex(entry.body.epoch), { ...rest, entry, index });
    }
    if (page.length === 0) return { records, epochs };
  }
}

/** The records of a wish. Throws `not_found` when there is none, `usage` when a beginning fits several. */
export function chosen({ records }: Listing, wish: Wish): readonly Listed<'record.register'>[] {
  if (wish === 'all') return records;
  const begin = wish.record.toLowerCase();
  if (!/^[0-9a-f]{4,32}$/.test(begin)) throw new VitalsealError('usage', 'a record is named by 4 to 32 hex digits');
  const found = records.filter(({ entry }) => toHex(entry.body.recordId).startsWith(begin));
  const ids = new Set(found.map(({ entry }) => toHex(entry.body.recordId)));
  if (ids.size === 0) throw new VitalsealError('not_found', 'this owner has no such record');
  if (ids.size > 1) throw new VitalsealError('usage', 'several records begin like that');
  return found;
}
