// Small pieces that every route needs: CBOR out of untrusted bodies, hashes and addresses out of paths, numbers out of
// queries. All throw `request_invalid`; none does work that its input could make large.
import { type CborValue, decodeCbor, fromHex, isVitalsealError, parseAddress, VitalsealError } from '@vitalseal/ledger';

export type CborMap = ReadonlyMap<number, CborValue>;

/** The CBOR of a body. */
export function cborBody(body: unknown, maxBytes: number): CborValue {
  if (!(body instanceof Uint8Array) || body.length === 0) throw invalid('a CBOR body is expected');
  return request(() => decodeCbor(body, { maxBytes }), 'the body');
}

/** A body that is a map with integer keys. */
export function cborMap(body: unknown, maxBytes: number): CborMap {
  const value = cborBody(body, maxBytes);
  if (!(value instanceof Map)) throw invalid('a CBOR map is expected');
  return value as CborMap;
}

/** The byte string under `key`, of `length` bytes when given. */
export function bytesAt(map: CborMap, key: number, length?: number): Uint8Array {
  const value = map.get(key);
  if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length)) {
    throw invalid(`key ${key}: ${length ?? ''} bytes are expected`);
  }
  return value;
}

export function hashParameter(text: string): Uint8Array {
  return request(() => fromHex(text.toLowerCase() === text ? text : '-', 32), 'the hash in the path');
}

export function addressParameter(text: string): Uint8Array {
  return request(() => parseAddress(text), 'the address in the path');
}

/** A whole number in a query; `fallback` when it is absent. */
export function numberQuery(query: Readonly<Record<string, unknown>>, name: string, fallback: number): number {
  const text = query[name];
  if (text === undefined) return fallback;
  const value = typeof text === 'string' && /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw invalid(`${name}: a whole number is expected`);
  return value;
}

function request<T>(work: () => T, what: string): T {
  try {
    return work();
  } catch (error) {
    if (isVitalsealError(error)) throw invalid(`${what} is malformed`);
    throw error;
  }
}

function invalid(message: string): VitalsealError {
  return new VitalsealError('request_invalid', message);
}
