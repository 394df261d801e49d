// The records of this gateway: what the vault still holds in detail, and of the older ones what the facility shows. A
// facility's row counts only when its leaf is one of the 32-byte hashes that we kept.
import { type Address, decodeEntry, equalBytes, type FacilityClient, leafHash, toHex } from '@vitalseal/ledger';
import { splitLeaves } from '../sync/own-history.ts';
import type { OutboxState, RecordRow, Vault } from '../vault/vault.ts';

export interface ListedRecord {
  /** 32 hex digits. */
  readonly id: string;
  /** ISO 8601, on the 5-minute grid. */
  readonly interval: { readonly start: string; readonly end: string };
  /** Readings; null where only the ledger knows of the record. */
  readonly count: number | null;
  readonly state: OutboxState;
  readonly index: number | null;
  readonly seq: number | null;
  readonly code: string | null;
}

/** A record of ours as a facility shows it, recognised by its leaf. */
export interface RemoteRecord {
  readonly recordId: Uint8Array;
  readonly seq: number;
  readonly index: number;
  readonly entry: Uint8Array;
  readonly interval: { readonly start: number; readonly end: number };
}

/** Pages of 256 entries asked for at most: a million records are not for a terminal. */
const MAX_PAGES = 64;

/** Newest first: what the vault holds, then what `remote` adds. */
export function listRecords(
  local: readonly RecordRow[],
  remote: readonly RemoteRecord[],
  proven: number,
): ListedRecord[] {
  const rows = local.map((row) => ({
    ...{ id: toHex(row.recordId), interval: times(row.interval), count: row.count as number | null, state: row.state },
    ...{ index: row.index ?? indexOf(remote, row), seq: row.seq, code: row.code as string | null },
  }));
  const held = new Set(rows.map(({ id }) => id));
  const older = remote
    .filter(({ recordId }) => !held.has(toHex(recordId)))
    .map(({ recordId, interval, index, seq }): ListedRecord => {
      const state = seq < proven ? 'proven' : 'accepted';
      return { id: toHex(recordId), interval: times(interval), count: null, state, index, seq, code: null };
    });
  return [...rows, ...older.toReversed()];
}

/** Own records of these owners at the facility, ascending by index. Throws those of FacilityClient. */
export async function remoteRecords(
  client: Pick<FacilityClient, 'ownerRecords'>,
  vault: Pick<Vault, 'ownLeaves'>,
  address: Address,
  owners: readonly Address[],
): Promise<RemoteRecord[]> {
  const own = new Map(splitLeaves((await vault.ownLeaves()).leaves).map((leaf, seq) => [toHex(leaf), seq]));
  const found: RemoteRecord[] = [];
  for (const owner of owners) {
    let from = 0;
    for (let page = 0; page < MAX_PAGES; page++) {
      const rows = await client.ownerRecords(owner, from);
      for (const { index, entry: bytes } of rows) {
        from = Math.max(from, index + 1);
        const seq = own.get(toHex(leafHash(bytes)));
        if (seq === undefined) continue;
        const { entry } = decodeEntry(bytes);
        if (entry.type !== 'record.register' || !equalBytes(entry.signer, address)) continue;
        const { recordId, interval } = entry.body;
        found.push({ recordId, interval, seq, index, entry: bytes });
      }
      if (rows.length === 0) break;
    }
  }
  return found.toSorted((a, b) => a.index - b.index);
}

function indexOf(remote: readonly RemoteRecord[], { recordId }: RecordRow): number | null {
  return remote.find((row) => equalBytes(row.recordId, recordId))?.index ?? null;
}

function times({ start, end }: { start: number; end: number }): { start: string; end: string } {
  return { start: new Date(start * 1000).toISOString(), end: new Date(end * 1000).toISOString() };
}
