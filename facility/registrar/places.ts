// Where in the ledger the newest entry about somebody is: so that asking twice gives the same receipt.
import { decodeEntry, type Entry, leafHash } from '@vitalseal/ledger';
import type { About, LedgerStore } from '../state/store.ts';
import type { Placed } from './registrar.ts';

/** null when none matches. */
export function placeOf(store: LedgerStore, about: About, matches: (entry: Entry) => boolean): Placed | null {
  for (const index of store.newestAbout(about, 256)) {
    const bytes = store.entry(index);
    if (bytes !== null && matches(decodeEntry(bytes).entry)) return { leaf: leafHash(bytes), index };
  }
  return null;
}
