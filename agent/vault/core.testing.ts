// What the vault's tests share: a core over real files in a temporary folder, a clock that stands still until told, and
// readings that name themselves, so that a test can say which ones it got back.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { UncountedReading } from '@vitalseal/gateway';
import {
  type Address,
  decodeBatch,
  decodeEnvelopeSet,
  type Envelope,
  encodeSegment,
  generateRecipientKey,
  openEnvelope,
  openRecord,
  type Reading,
  sha256,
  streamId,
  utf8,
} from '@vitalseal/ledger';
import type { Group, GroupPart } from '../inbox/group.ts';
import { encodeIds, type MessageId } from '../inbox/recent.ts';
import type { Faults } from '../store/points.ts';
import { openSlots } from '../store/slots.ts';
import type { VaultCore } from './calls.ts';
import { openCore } from './core.ts';
import { limitsOf } from './limits.ts';
import { openSlotFiles } from './slots.fs.ts';
import { openStore } from './store.sqlite.ts';
import type { OutboxItem, VaultIdentity, VaultOptions, VaultOwner } from './vault.ts';

export const ORIGIN = 'vitalseal.org/solo/test';
export const GATEWAY: Address = new Uint8Array(20).fill(9);
export const IDENTITY: VaultIdentity = { origin: ORIGIN, signer: GATEWAY };

export interface Person extends VaultOwner {
  readonly identity: string;
}

export async function person(n: number, sealed = true): Promise<Person> {
  const { identity, recipient } = await generateRecipientKey();
  const owner = new Uint8Array(20).fill(n);
  return { owner, identity, recipients: [{ address: owner, recipient }], sealed };
}

export function temporaryFolder(finished: (undo: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'vault-'));
  finished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Life {
  readonly core: VaultCore;
  readonly clock: { ms: number };
  sealed: number;
}

export interface LifeOptions extends VaultOptions {
  readonly faults?: Faults;
  readonly maxPages?: number;
  /** Called before each write of a slot; a throw is a slot that cannot be written. */
  readonly slotFault?: () => void;
}

/** One life of the vault's process over the folder; closed at the test's end if the test did not. */
export function live(folder: string, { faults, maxPages, slotFault, ...options }: LifeOptions = {}): Life {
  const clock = { ms: 1000 };
  const store = openStore(join(folder, 'agent.db'), maxPages === undefined ? {} : { maxPages });
  const files = openSlotFiles(join(folder, 'keys'));
  const life: Life = {
    clock,
    sealed: 0,
    core: openCore({
      store,
      slots: openSlots({
        read: files.read,
        write(slot, bytes) {
          slotFault?.();
          files.write(slot, bytes);
        },
      }),
      limits: limitsOf({ spoolBytes: 1 << 30, ...options }, { free: 0, stored: 0 }),
      clock: { monotonicMs: () => clock.ms, wallMs: () => 1_795_000_000_000 + clock.ms },
      deflate: (bytes) => deflateRawSync(bytes),
      breathe: () => Promise.resolve(),
      sealed: () => {
        life.sealed++;
      },
      ...(faults === undefined ? {} : { faults }),
    }),
  };
  return life;
}

/** The n-th reading ever sent: its value says so. */
export function reading(n: number, device = 'pump'): UncountedReading {
  return {
    device,
    code: 'MDC_PRESS',
    mdc: 150_016,
    unit: 'mm[Hg]',
    value: { kind: 'decimal', mantissa: n, exponent: 0 },
    deviceTime: null,
    wallMs: 1_795_000_000_000 + n,
    monotonicMs: 1000 + n,
    clock: 'synchronised',
    group: n,
    context: null,
  };
}

export function part(owner: Address | null, from: number, count: number, more: Partial<GroupPart> = {}): GroupPart {
  const device = owner === null ? 'pump' : null;
  const readings = Array.from({ length: count }, (_, n) => reading(from + n));
  return { owner, device, count, alarm: false, bytes: encodeSegment(readings), ...more };
}

export function group(parts: readonly GroupPart[], ids: readonly MessageId[] = []): Group {
  return { parts, quarantined: [], ids: encodeIds(ids), counts: { duplicates: 0, unacknowledged: 0, unmapped: 0 } };
}

/** An item with what belongs to it, as a facility keeps them. */
export interface Shelf {
  readonly item: OutboxItem;
  readonly blob: Uint8Array | null;
  readonly envelopes: Uint8Array | null;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Opens every record in the outbox as its owner would. */
export function readAll(core: VaultCore, owner: Person): Promise<Reading[]> {
  const shelves = core.pending(10_000).map((item) => ({
    item,
    blob: item.blobHash === null ? null : core.blob(item.blobHash),
    envelopes: item.type === 'epoch.open' ? core.envelopes(item.body.epoch) : null,
  }));
  return openAll(shelves, owner);
}

/** The owner's readings by counter. */
export async function openAll(shelves: readonly Shelf[], { owner, identity }: Person): Promise<Reading[]> {
  const secrets = new Map<string, Uint8Array>();
  for (const { item, envelopes } of shelves) {
    if (item.type !== 'epoch.open' || hex(item.body.owner) !== hex(owner)) continue;
    const set = decodeEnvelopeSet(envelopes as Uint8Array);
    const mine = set.envelopes.find(({ reader }) => hex(reader) === hex(owner)) as Envelope;
    const { epoch, envelopeRoot, envelopeCount } = item.body;
    secrets.set(hex(epoch), await openEnvelope(mine, envelopeRoot, envelopeCount, identity));
  }
  const inflate = (bytes: Uint8Array, maxOutputLength: number) => inflateRawSync(bytes, { maxOutputLength });
  const readings: Reading[] = [];
  for (const { item, blob } of shelves) {
    if (item.type !== 'record.register' || hex(item.body.owner) !== hex(owner)) continue;
    const { epoch, index, blobHash } = item.body;
    const file = blob as Uint8Array;
    if (hex(sha256(file)) !== hex(blobHash)) throw new Error('a blob is not the one that its entry names');
    const secret = secrets.get(hex(epoch)) as Uint8Array;
    const stream = streamId(ORIGIN, owner, GATEWAY);
    const plaintext = await openRecord({ file, secret, origin: ORIGIN, stream, epoch, index });
    readings.push(...decodeBatch(plaintext, inflate).readings);
  }
  return readings.sort((a, b) => a.counter - b.counter);
}

export const values = (readings: readonly Reading[]) =>
  readings.map(({ value }) => (value.kind === 'decimal' ? Number(value.mantissa) : -1));

/** Signs nothing: stands for an entry of this item at this seq. */
export function fakeEntry(
  id: number,
  seq: number,
  salt = '',
): { id: number; seq: number; entry: Uint8Array; leaf: Uint8Array } {
  const entry = utf8(`entry ${id} ${seq} ${salt}`);
  return { id, seq, entry, leaf: sha256(utf8('leaf'), entry) };
}
