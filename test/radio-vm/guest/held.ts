// What an agent holds that is not enrolled and has stopped: its readings, read from its own store with its own keys.

import { join } from 'node:path';
import { decodeSegment } from '@vitalseal/ledger';
import { openHeld } from '../../../agent/inbox/held.ts';
import { openInbox } from '../../../agent/inbox/inbox.ts';
import { openLanes } from '../../../agent/inbox/lanes.ts';
import { openChains } from '../../../agent/store/chains.ts';
import { openSlots } from '../../../agent/store/slots.ts';
import { openSlotFiles } from '../../../agent/vault/slots.fs.ts';
import { openStore } from '../../../agent/vault/store.sqlite.ts';
import { exactly } from './truth.ts';

/** Every reading of `device`, in order, as `exactly` writes it. Throws when rows cannot be read. */
export function heldBy(dir: string, device: string): string[] {
  const store = openStore(join(dir, 'agent.db'));
  try {
    const slots = openSlots(openSlotFiles(join(dir, 'keys')));
    const chains = openChains(slots, slots.read() ?? new Map());
    const lanes = openLanes(store);
    const { inbox } = openInbox(store, chains, lanes, (lost) => {
      throw new Error(`${lost.length} rows of the agent's inbox cannot be read`);
    });
    const lane = lanes.byDevice(device);
    if (lane === null) return [];
    const held = openHeld(store, chains, lanes);
    const parts = inbox.waiting().filter((waiting) => waiting.lane === lane);
    const segments = [
      ...held.rows(lane).flatMap((row) => held.open(row)),
      ...inbox.open(
        lane,
        parts.map(({ part }) => part),
      ),
    ];
    return segments.flatMap((segment) => decodeSegment(segment)).map(exactly);
  } finally {
    store.close();
  }
}
