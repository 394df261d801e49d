// Where the record cursors of Bluetooth meters lie: in the vault, beside the readings that they count, and like those
// durable before anybody relies on it. A device that is removed takes its cursor with it.
import type { RecordCursors } from '@vitalseal/gateway';
import type { Vault } from '../vault/vault.ts';

export interface CursorStore extends RecordCursors {
  /** The device's next life begins with all that it has stored. Durable on resolve. */
  remove(device: string): Promise<void>;
}

const PREFIX = 'ble cursor ';

export function recordCursors(vault: Pick<Vault, 'meta' | 'setMeta'>): CursorStore {
  return {
    load: (device) => vault.meta(PREFIX + device),
    save: (device, cursor) => vault.setMeta({ [PREFIX + device]: cursor }),
    remove: (device) => vault.setMeta({ [PREFIX + device]: null }),
  };
}
