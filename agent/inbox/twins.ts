// The twins of records: what live values have in common with the records that a device stores of them. A value leaves its
// twin among the ids of the device; a record takes one that was left, so that each value stands for one record at most.
import type { MessageTwin } from '@vitalseal/gateway';
import type { MessageId, Recent } from './recent.ts';

/** So many equal values of one moment are told apart; of more, some may come twice, and none is lost. */
const MOST_ALIKE = 8;
/** In place of the hash of one that was taken; a keyed hash is never this. */
const TAKEN = '\0'.repeat(8);

export interface LeftTwin<Tag> {
  readonly id: MessageId;
  readonly tag: Tag | null;
}

/** Where a live value may leave its twin; null: there are too many like it. */
export function placeOfTwin<Tag>(recent: Recent<Tag>, user: string, twin: MessageTwin): MessageId | null {
  return places(user, twin).find((id) => recent.find(user, id.client, id.packetId)?.hash !== id.hash) ?? null;
}

/** One that a live value left and no record took. */
export function twinLeft<Tag>(recent: Recent<Tag>, user: string, twin: MessageTwin): LeftTwin<Tag> | null {
  for (const id of places(user, twin)) {
    const found = recent.find(user, id.client, id.packetId);
    if (found?.hash === id.hash) return { id, tag: found.tag };
  }
  return null;
}

/** What is remembered in its place once a record took it. */
export function taken(id: MessageId): MessageId {
  return { ...id, hash: TAKEN };
}

function places(user: string, { client, packetId, hash }: MessageTwin): readonly MessageId[] {
  const common = { user, packetId, hash: String.fromCharCode(...hash) };
  return Array.from({ length: MOST_ALIKE }, (_, i) => ({ ...common, client: `~${client}/${i}` }));
}
