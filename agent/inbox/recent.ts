// The ids of a device's last messages, so that a PUBLISH that is sent again (DUP=1) is recognised: by client and packet
// id, and by a keyed hash of the payload. Never by value: equal readings are legitimate.

import { VitalsealError } from '@vitalseal/ledger';

/** Ids kept of each user name. */
export const RECENT_IDS = 1024;

/** One message's id. `hash` is the 8 bytes of the keyed payload hash as a latin1 string. */
export interface MessageId {
  readonly user: string;
  readonly client: string;
  readonly packetId: number;
  readonly hash: string;
}

export interface Recent<Tag> {
  /** What the client's latest PUBLISH under this packet id was, or null when it is not remembered. */
  find(user: string, client: string, packetId: number): { readonly hash: string; readonly tag: Tag } | null;
  /** Becomes the latest under its packet id. The oldest of the user goes when there are too many. */
  remember(id: MessageId, tag: Tag): void;
  /** Takes an id back whose message was not kept, unless a later one replaced it. */
  forget(id: MessageId, tag: Tag): void;
  /** All of them, by user from old to new. */
  ids(): Generator<MessageId>;
}

export function createRecent<Tag>(): Recent<Tag> {
  const users = new Map<string, Map<string, { id: MessageId; tag: Tag }>>();
  const key = (client: string, packetId: number) => `${packetId} ${client}`;
  return {
    find(user, client, packetId) {
      const held = users.get(user)?.get(key(client, packetId));
      return held === undefined ? null : { hash: held.id.hash, tag: held.tag };
    },
    remember(id, tag) {
      const held = users.get(id.user) ?? new Map<string, { id: MessageId; tag: Tag }>();
      users.set(id.user, held);
      const name = key(id.client, id.packetId);
      held.delete(name); // the newest stands last
      held.set(name, { id, tag });
      if (held.size > RECENT_IDS) held.delete(held.keys().next().value as string);
    },
    forget(id, tag) {
      const held = users.get(id.user);
      const name = key(id.client, id.packetId);
      if (held?.get(name)?.tag === tag) held.delete(name);
    },
    *ids() {
      for (const held of users.values()) for (const { id } of held.values()) yield id;
    },
  };
}

/**
 * Layout: u16 count of senders, each (u16 length, user ‖ 0x00 ‖ client in UTF-8); then each id in 12 bytes:
 * u16 sender, u16 packet id, 8 bytes hash. Big endian. At most 65,535 senders.
 */
export function encodeIds(ids: Iterable<MessageId>): Uint8Array {
  const senders = new Map<string, number>();
  const rows: [number, MessageId][] = [];
  for (const id of ids) {
    const name = `${id.user}\0${id.client}`;
    const sender = senders.get(name) ?? senders.size;
    senders.set(name, sender);
    rows.push([sender, id]);
  }
  if (rows.length === 0) return new Uint8Array(0);
  const names = [...senders.keys()].map((name) => Buffer.from(name));
  const bytes = Buffer.alloc(2 + names.reduce((sum, name) => sum + 2 + name.length, 0) + rows.length * 12);
  let at = bytes.writeUInt16BE(names.length, 0);
  for (const name of names) {
    at = bytes.writeUInt16BE(name.length, at);
    at += name.copy(bytes, at);
  }
  for (const [sender, id] of rows) {
    at = bytes.writeUInt16BE(sender, at);
    at = bytes.writeUInt16BE(id.packetId, at);
    at += bytes.write(id.hash, at, 8, 'latin1');
  }
  return bytes;
}

/** Throws `store_damaged`. */
export function decodeIds(encoded: Uint8Array): MessageId[] {
  if (encoded.length === 0) return [];
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  try {
    const senders: [string, string][] = [];
    let at = 2;
    for (let left = bytes.readUInt16BE(0); left > 0; left--) {
      const end = at + 2 + bytes.readUInt16BE(at);
      const name = bytes.toString('utf8', at + 2, end);
      const cut = name.indexOf('\0');
      senders.push([name.slice(0, cut), name.slice(cut + 1)]);
      at = end;
    }
    const ids: MessageId[] = [];
    for (; at < bytes.length; at += 12) {
      const [user, client] = senders[bytes.readUInt16BE(at)] as [string, string];
      ids.push({ user, client, packetId: bytes.readUInt16BE(at + 2), hash: bytes.toString('latin1', at + 4, at + 12) });
    }
    return ids;
  } catch {
    throw new VitalsealError('store_damaged', 'a row of message ids is damaged');
  }
}
