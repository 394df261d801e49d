// The one registry of errors. Everything that can go wrong in Vitalseal carries a code from this table, so that a caller
// can branch, a refusal can be signed, an HTTP status and an exit code can be chosen, and no message has to be parsed.

export interface ErrorRow {
  /** The part of the system that the code belongs to. */
  readonly area: string;
  /** `retryable`: the same thing may succeed later, unchanged. `permanent`: it will not. */
  readonly retry: 'permanent' | 'retryable';
  /** Status of an HTTP answer that carries the code. */
  readonly http: number;
  /** Exit code of a command: 1 failed, 2 asked for wrongly (usage, configuration), 75 try again later. */
  readonly exit: 1 | 2 | 75;
  readonly meaning: string;
}

const no = (area: string, http: number, meaning: string): ErrorRow => ({
  area,
  retry: 'permanent',
  http,
  exit: 1,
  meaning,
});
const later = (area: string, http: number, meaning: string): ErrorRow => ({
  area,
  retry: 'retryable',
  http,
  exit: 75,
  meaning,
});
const wrong = (area: string, http: number, meaning: string): ErrorRow => ({
  area,
  retry: 'permanent',
  http,
  exit: 2,
  meaning,
});

export const ERRORS = {
  // encoding: bytes that are not what the formats say
  cbor_invalid: no('encoding', 400, 'bytes are not deterministic CBOR of the kind that Vitalseal uses'),
  cose_invalid: no('encoding', 400, 'bytes are not a COSE_Sign1 of the kind that Vitalseal uses'),
  fields_invalid: no('encoding', 400, 'a map or array does not have the fields that its format has'),
  text_invalid: no('encoding', 400, 'text is not hex, base64 or UTF-8 as expected'),

  // identity: keys, addresses, signatures
  address_invalid: no('identity', 400, 'text is not a Vitalseal address'),
  identity_file_invalid: wrong('identity', 400, 'file is not a Vitalseal identity'),
  identity_forked: no('identity', 409, 'the ledger holds an entry of this identity that it never signed'),
  key_invalid: no('identity', 400, 'key is not an acceptable Ed25519 key'),
  signature_invalid: no('identity', 400, 'signature does not verify'),

  // entry: one entry, looked at alone
  entry_invalid: no('entry', 400, 'bytes are not an entry of the fixed schema'),
  entry_too_large: no('entry', 413, 'entry is larger than 60,000 bytes'),
  entry_type_reserved: no('entry', 400, 'entry type is reserved for a later version'),
  origin_mismatch: no('entry', 400, 'entry was made for another ledger or era'),
  proof_of_possession_invalid: no('entry', 400, 'the new key did not prove that its holder has it'),
  voucher_invalid: no('entry', 400, "the registrar's voucher does not verify"),

  // apply: an entry against the state of the ledger
  authority_invalid: no('apply', 403, 'the signer may not make this entry'),
  delegation_missing: no('apply', 403, 'the owner has not delegated to this gateway'),
  device_ended: no('apply', 403, 'there is no delegation to end'),
  device_exists: no('apply', 409, 'the owner has already delegated to this gateway'),
  epoch_taken: no('apply', 409, 'the epoch is already open'),
  epoch_unknown: no('apply', 400, 'no epoch of this stream has this name'),
  history_mismatch: no('apply', 409, "history is not the root over the signer's earlier leaves"),
  key_taken: no('apply', 409, 'the key belongs, or belonged, to somebody already'),
  not_rotated: no('apply', 403, 'the recipient is a minted key that its holder has not rotated'),
  owner_unknown: no('apply', 400, 'no such owner is registered'),
  record_exists: no('apply', 409, 'the record is already registered'),
  record_unknown: no('apply', 400, 'the previous version is not a version of this record'),
  seen_mismatch: no('apply', 409, 'the seen root is not the root of the tree at that size'),
  seq_gap: later('apply', 409, "an earlier entry of the signer's is missing"),
  seq_taken: no('apply', 409, 'another entry of the signer has this seq'),
  signer_unknown: no('apply', 403, 'the signer is not registered, or this is not its key'),
  user_exists: no('apply', 409, 'the address is already registered'),
  version_invalid: no('apply', 400, 'the version does not follow the one it names'),

  // log: tree, checkpoints, policy
  checkpoint_forked: no('log', 409, 'two checkpoints that cannot both be of one append-only tree'),
  checkpoint_invalid: no('log', 400, 'text is not a checkpoint, or not of this log'),
  checkpoint_stale: later('log', 409, 'the checkpoint is older than the one held'),
  note_invalid: no('log', 400, 'text is not a signed note'),
  policy_invalid: wrong('log', 400, 'text is not a policy'),
  policy_mismatch: no('log', 409, 'the policy is not the one whose hash is trusted'),
  policy_unmet: no('log', 400, 'the cosignatures do not meet the policy'),
  tile_invalid: no('log', 400, 'bytes are not a tile of this log'),
  tree_invalid: no('log', 400, 'index or size does not exist in this tree'),

  // proof: what is shown to others
  disclosure_invalid: no('proof', 400, 'the disclosed reading is not in the record'),
  entry_needed: no('proof', 404, 'the bytes of the entry are needed and not held here'),
  proof_invalid: no('proof', 400, 'the proof does not verify'),

  // reading: decoding and batches
  batch_invalid: no('reading', 400, 'bytes are not a batch'),
  reading_invalid: no('reading', 400, 'bytes are not a reading'),
  segment_invalid: no('reading', 400, 'bytes are not a segment'),

  // sealing: envelopes, epochs, blobs
  blob_damaged: no('sealing', 422, 'the blob is not the one that the entry names, or cannot be opened'),
  envelope_invalid: no('sealing', 400, 'the key envelope is not the one that the epoch committed to'),
  envelope_missing: no('sealing', 404, 'no envelope of this epoch is for this reader'),
  recipient_invalid: no('sealing', 400, 'text is not a post-quantum age recipient'),
  recipient_unverified: later('sealing', 409, 'the recipient has not been verified yet; nothing is sealed to it'),

  // gateway: devices and their messages
  alarm_unsupported: no('gateway', 400, 'the alarm marking is not understood'),
  broker_unavailable: later('gateway', 503, 'the MQTT broker cannot be reached'),
  characteristic_crc: no('gateway', 400, 'the checksum of the packet is wrong'),
  characteristic_empty: no('gateway', 400, 'the packet carries no reading'),
  characteristic_malformed: no('gateway', 400, 'the packet is not what its characteristic says'),
  characteristic_reserved: no('gateway', 400, 'the packet uses what its specification reserves for later'),
  characteristic_truncated: no('gateway', 400, 'the packet ends before a field that it announces'),
  characteristic_unknown: no('gateway', 404, 'no decoder knows this characteristic'),
  client_refused: no('gateway', 403, 'the client is not a known device, or its password is wrong'),
  connections_exceeded: later('gateway', 429, 'too many connections'),
  device_gone: later('gateway', 503, 'the device is out of reach, or its link dropped'),
  device_invalid: wrong('gateway', 400, 'not a device name'),
  device_refused: no('gateway', 502, 'the device refused what it was asked'),
  device_unassigned: later('gateway', 409, 'the device is assigned to no owner'),
  device_unknown: wrong('gateway', 404, 'no such device'),
  packet_malformed: no('gateway', 400, 'the packet breaks the MQTT specification'),
  packet_too_large: no('gateway', 413, 'the packet is larger than allowed'),
  pairing_busy: later('gateway', 409, 'another pairing is going on'),
  pairing_failed: no('gateway', 403, 'the pairing was refused, or its digits did not agree'),
  pairing_needed: later('gateway', 401, 'the device wants to be paired first'),
  payload_malformed: no('gateway', 400, 'the payload does not decode as its topic says'),
  payload_too_large: no('gateway', 413, 'the payload is larger than allowed'),
  payload_unsupported: no('gateway', 400, 'the payload is of a kind that is not supported'),
  quota_exceeded: later('gateway', 429, 'a quota is used up'),
  radio_timeout: later('gateway', 504, 'the Bluetooth host or the device did not answer in time'),
  radio_unavailable: later('gateway', 503, 'there is no Bluetooth host or adapter, or it is switched off'),
  rate_exceeded: later('gateway', 429, 'messages arrive faster than allowed'),
  time_malformed: no('gateway', 400, 'the time in the payload is not a time'),
  topic_denied: no('gateway', 403, 'the topic is not one that this device may use'),
  topic_too_deep: no('gateway', 400, 'the topic has too many levels'),
  unit_unknown: no('gateway', 400, 'the unit is not one that is known'),
  value_malformed: no('gateway', 400, 'the value is not a number, text, flag or bytes within bounds'),

  // store: folders, files, databases
  closed: later('store', 503, 'it is closed, or closing'),
  config_invalid: wrong('store', 400, 'the configuration has a key or value that is not allowed'),
  config_missing: wrong('store', 404, 'there is no configuration in the folder'),
  disk_full: later('store', 507, 'there is no room on the disk'),
  folder_exists: wrong('store', 409, 'the folder is already set up'),
  folder_locked: later('store', 423, 'another process uses the folder'),
  folder_missing: wrong('store', 404, 'the folder is not set up'),
  own_history_gap: no('store', 500, 'an own leaf in between is not known here'),
  spool_full: later('store', 507, 'the spool has reached its limit'),
  store_damaged: no('store', 500, 'the store is damaged'),
  store_failed: later('store', 500, 'the store could not be read or written'),
  store_newer: wrong('store', 409, 'the store was written by a newer version'),

  // wire: between agent, wallet and facility
  answer_invalid: later('wire', 502, 'the facility answered nonsense'),
  blob_hash_mismatch: no('wire', 400, 'the bytes do not have the hash they are stored under'),
  blob_missing: later('wire', 409, 'the blob of the record is not stored at the facility'),
  blob_too_large: no('wire', 413, 'the blob is larger than allowed'),
  cannot_listen: later('wire', 503, 'the address cannot be listened on'),
  engine_stopped: later('wire', 503, 'the ordering engine has stopped'),
  envelopes_missing: later('wire', 409, 'the envelopes of the epoch are not stored at the facility'),
  facility_busy: later('wire', 503, 'the facility has too much to do'),
  facility_unreachable: later('wire', 503, 'the facility cannot be reached'),
  invite_invalid: wrong('wire', 400, 'text is not an invite'),
  invite_refused: no('wire', 403, 'the invite is unknown, used, expired, or for something else'),
  method_not_allowed: no('wire', 405, 'the resource does not have this method'),
  not_enrolled: wrong('wire', 409, 'nothing is enrolled here yet'),
  not_found: no('wire', 404, 'there is no such thing'),
  receipt_invalid: later('wire', 502, 'the receipt is not one for this entry by this facility'),
  refused: no('wire', 400, 'refused with a code that this version does not know'),
  request_expired: later('wire', 401, 'the signed request is too old, or from the future'),
  request_invalid: no('wire', 400, 'the request is malformed'),
  request_too_large: no('wire', 413, 'the request is larger than allowed'),
  request_unauthorised: no('wire', 401, 'the request is not signed by somebody who may make it'),
  timed_out: later('wire', 504, 'no answer within the time allowed'),
  transport_refused: wrong('wire', 400, 'plain text is allowed on loopback only, or the pinned TLS key differs'),

  // command: what a person typed, and what should never happen
  cancelled: later('command', 499, 'stopped before it was done'),
  dependency_missing: wrong('command', 500, 'something that has to be installed is missing'),
  internal: no('command', 500, 'a fault in Vitalseal'),
  lost: no('command', 500, 'something acknowledged is neither proven nor readable'),
  recording_invalid: no('command', 400, 'file is no recording that can be replayed'),
  usage: wrong('command', 400, 'the command was used wrongly'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * The only error that is thrown on purpose. `message` is for people and never holds a health value, topic, owner
 * address, password or key; `detail` is for callers, is never logged, and follows the same rule.
 */
export class VitalsealError extends Error {
  override readonly name = 'VitalsealError';
  readonly code: ErrorCode;
  readonly detail?: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string = ERRORS[code].meaning, detail?: Readonly<Record<string, unknown>>) {
    super(message);
    this.code = code;
    if (detail !== undefined) this.detail = detail;
  }
}

/** True for a VitalsealError; with `code`, only for one with that code. */
export function isVitalsealError(error: unknown, code?: ErrorCode): error is VitalsealError {
  return error instanceof VitalsealError && (code === undefined || error.code === code);
}

/** True when `code` (for example from the wire) is in the registry. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

/** True when the same thing may succeed later, unchanged. */
export function isRetryable(code: ErrorCode): boolean {
  return ERRORS[code].retry === 'retryable';
}
