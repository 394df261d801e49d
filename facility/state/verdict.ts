// Which errors are verdicts on an entry, the same on every machine. What is wrong with this machine's store is none:
// whatever is refused because of it would be refused here alone, and for good.
import { ERRORS, isVitalsealError, VitalsealError } from '@vitalseal/ledger';

/** True for an error that refuses an entry; false for a fault of the store, or of the program. */
export function isVerdict(error: unknown): error is VitalsealError {
  return isVitalsealError(error) && ERRORS[error.code].area !== 'store' && error.code !== 'internal';
}

/** What `decode` makes of bytes that this facility once wrote. Throws `store_damaged` when it cannot. */
export function asWritten<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (isVitalsealError(error) && !isVerdict(error)) throw error;
    throw new VitalsealError('store_damaged', 'the store holds something that was never written there');
  }
}
