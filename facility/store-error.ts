// What went wrong with a file or a database, as a code of the registry: callers branch on room or no room, not on errno.
import { VitalsealError } from '@vitalseal/ledger';

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** `disk_full` or `store_failed`; an error of ours stays as it is. */
export function storeError(error: unknown): VitalsealError {
  if (error instanceof VitalsealError) return error;
  const code = String((error as NodeJS.ErrnoException).code ?? 'unknown');
  if (NO_ROOM.has(code)) return new VitalsealError('disk_full');
  return new VitalsealError('store_failed', `the store could not be read or written (${code})`);
}

/** Whether an unknown error came from a file or the database. */
export function isStoreError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && (code.startsWith('SQLITE_') || /^E[A-Z]{2,}$/.test(code));
}
