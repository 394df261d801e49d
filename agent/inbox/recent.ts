// The ids of a device's last messages, so that one that is sent again is recognised: a PUBLISH (DUP=1) by client and packet
// id, a record that a meter stores by characteristic and sequence number, both by a keyed hash too. Never by value: equal
// readings are legitimate.

import { VitalsealError } from '@vitalseal/ledger';

/** Ids kept of each user name. */
export const RECENT_IDS = 1024;
/** Ids kept of each Bluetooth device: a meter that lost its place sends all that it has stored. Sequence numbers are u16. */
export const RECORD_IDS = 32_768;
/** What the user of a Bluetooth device begins with: no MQTT user does, since the names of devices have no slash. */
export const RECORD_USER = 'ble/';

/** One message's id. `hash` is the 8 bytes of the keyed payload hash as a latin1 string. */
export interface MessageId {
  readonly user: string;
  readonly client: string;
  readonly packetId: number;
  readonly hash: string;
}

export interface Recent<Tag> {
  /** What the client's latest PUBLISH under this packet id was, or null when it is not remembered. */
  find(user: string, client: string, packetId: number): { readonly hash: string; readonly tag: Tag | null } | null;
  /** Becomes the latest under its packet id. The oldest of the user goes when there are too many. */
  remember(id: MessageId, tag: Tag | null): void;
  /** Takes an id back whose message was not kept, unless a later one replaced it. */
  forget(id: MessageId, tag: Tag): void;
  /** All of them, by user from old to new. */
  ids(): Generator<MessageId>;
}

/** Of one user: hashes by packet id and client, from old to new, and the few tags that are not null. */
interface UserIds<Tag> {
  readonly hashes: Map<string, string>;
  readonly tags: Map<string, Tag>;
  readonly most: number;
}

export function createRecent<Tag>(): Recent<Tag> {
  const users = new Map<string, UserIds<Tag>>();
  const key = (client: string, packetId: number) => `${packetId} ${client}`;
  function of(user: string): UserIds<Tag> {
    const held = users.get(user);
    if (held !== undefined) return held;
    const most = user.startsWith(RECORD_USER) ? RECORD_IDS : RECENT_IDS;
    const fresh: UserIds<Tag> = { hashes: new Map(), tags: new Map(), most };
    users.set(user, fresh);
    return fresh;
  }
  return {
    find(user, client, packetId) {
      const held = users.get(user);
      const name = key(client, packetId);
      const hash = held?.hashes.get(name);
      return hash === undefined ? null : { hash, tag: held?.tags.get(name) ?? null };
    },
    remember({ user, client, packetId, hash }, tag) {
      const { hashes, tags, most } = of(user);
      const name = key(client, packetId);
      hashes.delete(name); // the newest stands last
      hashes.set(name, hash);
      if (tag === null) tags.delete(name);
      else tags.set(name, tag);
      if (hashes.size <= most) return;
      const oldest = hashes.keys().next().value as string;
      hashes.delete(oldest);
      tags.delete(oldest);
    },
    forget({ user, client, packetId }, tag) {
      const held = users.get(user);
      const name = key(client, packetId);
      if (held?.tags.get(name) !== tag) return;
      held.hashes.delete(name);
      held.tags.delete(name);
    },
    *ids() {
      for (const [user, { hashes }] of users)
        for (const [name, hash] of hashes) {
          const cut = name.indexOf(' ');
          yield { user, client: name.slice(cut + 1), packetId: Number(name.slice(0, cut)), hash };
        }
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
