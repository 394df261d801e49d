// A SenML record before resolution, the same from JSON and CBOR: field labels as in JSON (RFC 8428 section 4), and
// values as they came. What the two encodings do differently ends here.
import { malformed } from '../bounds.ts';
import { type CborItem, parseCbor } from '../cbor.ts';
import { type JsonValue, parseJson } from '../json.ts';

/** Label → value. JSON writes `vd` as base64url text, CBOR as bytes. */
export type SenmlRecord = ReadonlyMap<string, JsonValue | CborItem>;

/** CBOR labels (RFC 8428 section 6, table 4); the table is conclusive, so other integers are unknown fields. */
const CBOR_LABELS: ReadonlyMap<number, string> = new Map([
  [-1, 'bver'],
  [-2, 'bn'],
  [-3, 'bt'],
  [-4, 'bu'],
  [-5, 'bv'],
  [-6, 'bs'],
  [0, 'n'],
  [1, 'u'],
  [2, 'v'],
  [3, 'vs'],
  [4, 'vb'],
  [5, 's'],
  [6, 't'],
  [7, 'ut'],
  [8, 'vd'],
]);

/** Records of a SenML Pack in JSON (application/senml+json). Throws `payload_malformed`, `value_malformed`. */
export function senmlFromJson(text: string): SenmlRecord[] {
  return packOf(parseJson(text)).map((record) => {
    if (!(record instanceof Map)) throw malformed('a record is not an object');
    return record as SenmlRecord;
  });
}

/** Records of a SenML Pack in CBOR (application/senml+cbor). Throws `payload_malformed`, `value_malformed`. */
export function senmlFromCbor(bytes: Uint8Array): SenmlRecord[] {
  return packOf(parseCbor(bytes)).map((record) => {
    if (!(record instanceof Map)) throw malformed('a record is not a map');
    const fields = new Map<string, CborItem>();
    for (const [key, value] of record) {
      const label = typeof key === 'string' ? key : (CBOR_LABELS.get(key) ?? `${key}`);
      // A text label may spell what an integer label says already.
      if (fields.has(label)) throw malformed('record with a field twice');
      fields.set(label, value);
    }
    return fields;
  });
}

function packOf<T>(pack: T): unknown[] {
  if (!Array.isArray(pack)) throw malformed('a SenML pack is an array');
  if (pack.length === 0) throw malformed('a SenML pack has at least one record');
  return pack;
}
