// The schema of each entry type's body. The order of the fields is their CBOR key, so it never changes.

import {
  address,
  bytes,
  choice,
  type Field,
  flag,
  hash,
  invalid,
  nullable,
  onGrid,
  publicKey,
  type RecordField,
  recipient,
  record,
  signature,
  text,
  tuple,
  uint,
} from '../encoding/fields.ts';
import { CLOCK_QUALITIES } from '../reading/reading.ts';
import { isEnvelopeCount, MAX_ENVELOPES } from '../sealing/envelope.ts';
import { CHAIN_LIMIT } from '../sealing/epoch.ts';
import {
  DELEGATE_AUTHORITIES,
  type DeviceDelegate,
  DROP_REASONS,
  type DropStatement,
  type EntryBodies,
  type EntryType,
  type EpochOpen,
  INTERVAL_GRID,
  type KeyRotate,
  NOTICE_KINDS,
  type Notice,
  type RecordRegister,
  ROLES,
  ROTATE_AUTHORITIES,
  type UserRegister,
  type Voucher,
} from './entry.ts';

/** A schema with a rule over several of its fields. */
function ruled<T extends object>(field: RecordField<T>, rule: (value: T) => boolean, expected: string): RecordField<T> {
  return {
    put: (value) => (rule(value) ? field.put(value) : invalid('body', expected)),
    take: (value, name) => {
      const taken = field.take(value, name);
      return rule(taken) ? taken : invalid(name, expected);
    },
  };
}

/** What no reader would take as the leaves of an envelope tree is not registered either. */
const envelopeCount: Field<number> = {
  put: (value) => envelopeCount.take(value, 'value'),
  take: (value, name) => {
    const n = uint().take(value, name);
    return isEnvelopeCount(n) ? n : invalid(name, `a power of two up to ${MAX_ENVELOPES}`);
  },
};

const time = onGrid(INTERVAL_GRID);
/** RFC 6838 section 4.2, with parameters: visible ASCII around one slash. */
const mediaType = text(
  'a media type',
  /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}(; ?[a-z0-9-]{1,32}=[A-Za-z0-9._-]{1,32})?$/,
);
/** A terabyte: more than any blob that a facility would take. */
const MAX_BLOB_BYTES = 2 ** 40;

const userRegister = record<UserRegister>({
  signingKey: publicKey,
  recipient,
  recoveryRecipient: recipient,
  recoverySigningKey: publicKey,
  role: choice(ROLES, 1),
  recoveryProof: signature,
  minted: flag,
  voucher: tuple<Voucher>({ registrar: address, signature }),
});

const keyRotate = record<KeyRotate>({
  subject: address,
  authority: choice(ROTATE_AUTHORITIES, 0),
  signingKey: publicKey,
  recipient,
  recoveryRecipient: recipient,
  recoverySigningKey: publicKey,
  recoveryProof: nullable(signature),
  nextKeyProof: signature,
});

const deviceDelegate = record<DeviceDelegate>({
  gateway: address,
  owner: address,
  authority: choice(DELEGATE_AUTHORITIES, 0),
});

const epochOpen = record<EpochOpen>({ owner: address, epoch: hash, envelopeRoot: hash, envelopeCount });

const recordRegister = ruled(
  record<RecordRegister>({
    owner: address,
    recordId: bytes(16),
    version: uint(1),
    previous: nullable(hash),
    interval: tuple<RecordRegister['interval']>({ start: time, end: time }),
    clock: choice(CLOCK_QUALITIES, 0),
    contentType: mediaType,
    blobHash: hash,
    blobSize: uint(1, MAX_BLOB_BYTES),
    commitment: hash,
    epoch: hash,
    index: uint(0, CHAIN_LIMIT - 1),
  }),
  (body) => body.interval.start <= body.interval.end && (body.previous === null) === (body.version === 1),
  'an interval that does not end before it starts, and a previous version unless it is the first',
);

const notice = ruled(
  record<Notice>({
    kind: choice(NOTICE_KINDS, 1),
    about: nullable(hash),
    statement: nullable(
      tuple<DropStatement>({
        owner: address,
        firstCounter: uint(),
        lastCounter: uint(),
        from: time,
        to: time,
        reason: choice(DROP_REASONS, 1),
      }),
    ),
  }),
  ({ kind, about, statement }) =>
    kind === 'damaged-blob'
      ? about !== null && statement === null
      : about === null &&
        statement !== null &&
        statement.firstCounter <= statement.lastCounter &&
        statement.from <= statement.to,
  'an entry (damaged-blob) or a statement with first <= last (readings-dropped)',
);

export const BODIES: { readonly [T in EntryType]: RecordField<EntryBodies[T]> } = {
  'user.register': userRegister,
  'key.rotate': keyRotate,
  'device.delegate': deviceDelegate,
  'device.end': deviceDelegate,
  'epoch.open': epochOpen,
  'record.register': recordRegister,
  notice,
};
