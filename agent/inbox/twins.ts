// The twins of records: what live values have in common with the records that a device stores of them. A value leaves its
// twin among the ids of the device, and a record that takes it leaves a mark beside it, so that each value stands for one
// record at most. Neither ever replaces the other: in whatever order they are recalled, they mean the same.
import type { MessageTwin } from '@vitalseal/gateway';
import type { MessageId, Recent } from './recent.ts';

/** So many equal values of one moment are told apart; of more, some may come twice, and none is lost. */
const MOST_ALIKE = 8;

interface Place<Tag> {
  /** Where a value leaves its twin. */
  readonly left: MessageId;
  /** Under what a record takes it: with the record's own hash. */
  readonly mark: MessageId;
  /** Of the value that is there; undefined: none is. */
  readonly value: { readonly tag: Tag | null } | undefined;
  /** Of the record that took it. */
  readonly record: { readonly tag: Tag | null; readonly hash: string } | undefined;
}

/** What a record is, for which a value may have been told live. */
export type Told<Tag> =
  /** It took one before: `tag` as of an id. */
  | { readonly is: 'known'; readonly tag: Tag | null }
  /** It takes one, and leaves this. */
  | { readonly is: 'told'; readonly mark: MessageId }
  /** There is one, but whether it is kept shows when `tag` has ended. */
  | { readonly is: 'unsure'; readonly tag: Tag }
  | { readonly is: 'untold' };

/** `own`: hash of the record's id. `open`: kept together with what comes now. */
export function toldBefore<Tag>(
  recent: Recent<Tag>,
  user: string,
  twin: MessageTwin,
  own: string,
  open: Tag | null,
): Told<Tag> {
  const places = placesOf(recent, user, twin, own);
  const took = places.find(({ record }) => record?.hash === own)?.record;
  if (took !== undefined) return { is: 'known', tag: took.tag };
  const free = places.filter(({ value, record }) => value !== undefined && record === undefined);
  const sure = free.find(({ value }) => value?.tag === null || value?.tag === open);
  if (sure !== undefined) return { is: 'told', mark: sure.mark };
  const tag = free[0]?.value?.tag ?? null;
  return tag === null ? { is: 'untold' } : { is: 'unsure', tag };
}

/** Where a live value leaves its twin; null: there are too many like it. */
export function placeOfTwin<Tag>(recent: Recent<Tag>, user: string, twin: MessageTwin): MessageId | null {
  return placesOf(recent, user, twin, '').find(({ value, record }) => !value && !record)?.left ?? null;
}

function placesOf<Tag>(
  recent: Recent<Tag>,
  user: string,
  { client, packetId, hash }: MessageTwin,
  own: string,
): readonly Place<Tag>[] {
  const common = String.fromCharCode(...hash);
  return Array.from({ length: MOST_ALIKE }, (_, i) => {
    const left = { user, client: `~${client}/${i}`, packetId, hash: common };
    const mark = { user, client: `=${client}/${i}`, packetId, hash: own };
    const value = recent.find(user, left.client, packetId);
    const record = recent.find(user, mark.client, packetId);
    return { left, mark, value: value?.hash === common ? value : undefined, record: record ?? undefined };
  });
}
