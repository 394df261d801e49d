// The unsigned body of an entry as it waits in the outbox. Not the ledger's encoding: that is made when sync fills in
// seq, history and seen; this one only has to bring the same object back after a restart.

const BYTES = '$bytes';

// A Buffer has a toJSON of its own, which runs first: the holder still has the bytes.
function replacer(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Record<string, unknown>)[key];
  return raw instanceof Uint8Array ? { [BYTES]: Buffer.from(raw).toString('base64') } : value;
}

/** JSON in UTF-8; byte strings as {"$bytes": base64}. */
export function encodeBody(body: object): Uint8Array {
  return Buffer.from(JSON.stringify(body, replacer));
}

export function decodeBody(bytes: Uint8Array): object {
  return JSON.parse(Buffer.from(bytes).toString(), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && BYTES in value
      ? new Uint8Array(Buffer.from(String(value[BYTES]), 'base64'))
      : value,
  ) as object;
}
