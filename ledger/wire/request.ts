// Signed requests: who asks is proven by the key that signs method, path, time and body. Nothing secret crosses the wire,
// and what was overheard is good for the same request, within the same few minutes, only.

import { type Hash, sha256 } from '../crypto.ts';
import { equalBytes, fromBase64Url, toBase64Url } from '../encoding/bytes.ts';
import { decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { signCose, verifyCose } from '../encoding/cose.ts';
import { hash, literal, origin, record, text, uint } from '../encoding/fields.ts';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import type { SigningKey } from '../identity/ed25519.ts';

const CONTEXT = 'vitalseal/request/v1';
const SCHEME = 'Vitalseal ';
/** How far the two clocks may be apart, in seconds. */
export const REQUEST_TOLERANCE = 300;
const MAX_HEADER = 2048;

interface SignedRequest {
  context: typeof CONTEXT;
  origin: string;
  method: string;
  path: string;
  time: number;
  body: Hash;
}

const fields = record<SignedRequest>({
  context: literal(CONTEXT),
  origin,
  method: text('a method', /^[A-Z]{3,7}$/),
  path: text('a path', /^\/[!-~]{0,500}$/),
  time: uint(),
  body: hash,
});

/** The `Authorization` header of a request. `path` is with its query; `timeSeconds` is unix time. */
export function signRequest(
  method: string,
  path: string,
  body: Uint8Array,
  key: SigningKey,
  ledger: string,
  timeSeconds: number,
): string {
  const payload = encodeCbor(
    fields.put({ context: CONTEXT, origin: ledger, method, path, time: timeSeconds, body: sha256(body) }),
  );
  return SCHEME + toBase64Url(signCose(payload, key.secretKey, key.publicKey));
}

/** What a facility received, and its own time. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
  readonly origin: string;
  readonly nowSeconds: number;
}

/**
 * The key that signed this very request. Whose key it is, is the caller's question.
 * Throws `request_unauthorised`, or `request_expired` when the clocks are too far apart.
 */
export function checkRequest(header: string | undefined, request: ReceivedRequest): { kid: Uint8Array; time: number } {
  if (header === undefined || header.length > MAX_HEADER || !header.startsWith(SCHEME)) {
    throw new VitalsealError('request_unauthorised', 'the request is not signed');
  }
  const { kid, signed } = open(header.slice(SCHEME.length));
  const same =
    signed.origin === request.origin &&
    signed.method === request.method &&
    signed.path === request.path &&
    equalBytes(signed.body, sha256(request.body));
  if (!same) throw new VitalsealError('request_unauthorised', 'the signature is for another request');
  if (Math.abs(signed.time - request.nowSeconds) > REQUEST_TOLERANCE) throw new VitalsealError('request_expired');
  return { kid, time: signed.time };
}

function open(token: string): { kid: Uint8Array; signed: SignedRequest } {
  try {
    const { payload, kid } = verifyCose(fromBase64Url(token));
    return { kid, signed: fields.take(decodeCbor(payload, { maxBytes: MAX_HEADER }), 'request') };
  } catch (error) {
    if (isVitalsealError(error)) throw new VitalsealError('request_unauthorised', error.message);
    throw error;
  }
}
