// Octets that a specification says are UTF-8, as text.
import { TEXT_BYTES, type Value, VitalsealError } from '@vitalseal/ledger';

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws `characteristic_malformed` for bytes that are no UTF-8. */
export function utf8(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new VitalsealError('characteristic_malformed', 'a text that is not UTF-8');
  }
}

/** A text as a value; as its octets where it is longer than a text of a reading may be. Throws as `utf8`. */
export function textValue(bytes: Uint8Array): Value {
  const text = utf8(bytes);
  return bytes.length > TEXT_BYTES ? { kind: 'bytes', bytes: bytes.slice() } : { kind: 'text', text };
}
