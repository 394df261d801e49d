// Outbox items and facility answers as the sync machine sees them.
import { type Answer, toHex } from '@vitalseal/ledger';
import type { OutboxItem } from '../vault/vault.ts';
import type { ItemAnswer, SyncItem } from './state.ts';

/** What must be stored at the facility before this item's entry is sent. */
export function syncItem(item: OutboxItem): SyncItem {
  const { id, seq, type, blobHash, epoch, entryDue } = item;
  const set = epoch === null ? null : `epoch:${toHex(epoch)}`;
  if (type === 'epoch.open') return { id, seq, due: entryDue, upload: set, needs: null };
  return { id, seq, due: entryDue, upload: blobHash === null ? null : `blob:${toHex(blobHash)}`, needs: set };
}

/** The part of a verified answer that the machine branches on. */
export function itemAnswer(answer: Answer): ItemAnswer {
  return answer.kind === 'receipt'
    ? { kind: 'receipt', index: answer.index }
    : { kind: 'refusal', code: answer.code, retry: answer.retry };
}
