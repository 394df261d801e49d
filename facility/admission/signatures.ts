// The dearest part of admission, behind a port: whether entries are signed by the keys that they name. Calls are
// answered in the order in which they are made, so that a signer's entries stay in order.
import { checkEntrySignature, type DecodedEntry, isVitalsealError } from '@vitalseal/ledger';

export interface SignatureChecker {
  /** One flag for each entry: its signature verifies. Rejects with `facility_busy` when it has too much to do. */
  check(entries: readonly DecodedEntry[]): Promise<readonly boolean[]>;
  close(): Promise<void>;
}

/** Whether one entry is signed by its `kid`. */
export function isSigned(entry: Pick<DecodedEntry, 'bytes'>): boolean {
  try {
    checkEntrySignature(entry as DecodedEntry);
    return true;
  } catch (error) {
    if (isVitalsealError(error)) return false;
    throw error;
  }
}

/** In the caller's thread. */
export const directSignatures: SignatureChecker = {
  check: async (entries) => entries.map(isSigned),
  close: async () => {},
};
