// As much of CBOR (RFC 8949) as a SenML pack needs: arrays, maps with integer keys, text, numbers. Written here, since a
// device shares no code with the gateway that reads it.

export type Cbor = string | number | readonly Cbor[] | ReadonlyMap<number, Cbor>;

export function encodeCbor(value: Cbor): Uint8Array {
  const out: number[] = [];
  write(value, out);
  return Uint8Array.from(out);
}

function write(value: Cbor, out: number[]): void {
  if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    head(3, bytes.length, out);
    for (const byte of bytes) out.push(byte);
  } else if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) head(value < 0 ? 1 : 0, value < 0 ? -1 - value : value, out);
    else float(value, out);
  } else if (isArray(value)) {
    head(4, value.length, out);
    for (const item of value) write(item, out);
  } else {
    head(5, value.size, out);
    for (const [key, item] of value) {
      write(key, out);
      write(item, out);
    }
  }
}

function isArray(value: readonly Cbor[] | ReadonlyMap<number, Cbor>): value is readonly Cbor[] {
  return Array.isArray(value);
}

/** Major type and argument, in the shortest of the five forms. */
function head(major: number, argument: number, out: number[]): void {
  const type = major << 5;
  if (argument < 24) out.push(type | argument);
  else if (argument < 2 ** 8) out.push(type | 24, argument);
  else if (argument < 2 ** 16) out.push(type | 25, argument >>> 8, argument & 255);
  else if (argument < 2 ** 32) {
    out.push(type | 26, argument >>> 24, (argument >>> 16) & 255, (argument >>> 8) & 255, argument & 255);
  } else {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(argument));
    out.push(type | 27, ...new Uint8Array(view.buffer));
  }
}

/** Double precision, always: devices rarely bother to shorten. */
function float(value: number, out: number[]): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  out.push(0xfb, ...new Uint8Array(view.buffer));
}
