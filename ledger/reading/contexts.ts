// The contexts of one series in a batch. A context is split into its shape (keys, and whatever is no plain integer) and
// its integers: a status that never changes or a sequence number that counts costs nothing after deflate.
import { toHex } from '../encoding/bytes.ts';
import { type CborValue, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { VitalsealError } from '../errors.ts';
import { CONTEXT_BYTES, CONTEXT_KEYS, NUMBER_LIMIT } from './bounds.ts';
import type { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { readColumn, writeColumn } from './column.ts';
import type { ReadingContext } from './context.ts';
import { writeContext } from './leaf-writer.ts';

interface Shape {
  /** Keys with integers in columns, ascending. */
  readonly integers: readonly number[];
  readonly rest: ReadingContext;
  /** Bytes of the shape in CBOR. */
  readonly size: number;
}

const scratch = new ByteWriter(256);

function isPlain(value: CborValue): value is number {
  return typeof value === 'number' && value < NUMBER_LIMIT && value > -NUMBER_LIMIT && Number.isInteger(value);
}

/** Number of shapes, each as CBOR [keys, rest]; a column with the shape of each row (0: none); a column per key. */
export function writeContexts(out: ByteWriter, contexts: readonly (ReadingContext | null)[]): void {
  const shapes: Omit<Shape, 'size'>[] = [];
  const found = new Map<string, number>();
  const columns = new Map<number, number[]>();
  const rows = contexts.map((context) => {
    if (context === null) return 0;
    scratch.at = 0;
    // Only for its bounds: what is too large for a leaf may not enter a batch.
    writeContext(scratch, context);
    const entries = [...context].sort(([a], [b]) => a - b);
    let name = '';
    for (const [key, value] of entries) name += isPlain(value) ? `${key},` : `${key}=${toHex(encodeCbor(value))},`;
    let index = found.get(name);
    if (index === undefined) {
      const integers = entries.filter(([, value]) => isPlain(value)).map(([key]) => key);
      const rest = new Map(entries.filter(([, value]) => !isPlain(value)));
      index = shapes.push({ integers, rest });
      found.set(name, index);
    }
    for (const [key, value] of entries) {
      if (!isPlain(value)) continue;
      const column = columns.get(key);
      if (column === undefined) columns.set(key, [value]);
      else column.push(value);
    }
    return index;
  });
  out.unsigned(shapes.length);
  for (const { integers, rest } of shapes) {
    const bytes = encodeCbor([integers, rest]);
    out.unsigned(bytes.length);
    out.raw(bytes);
  }
  if (shapes.length === 0) return;
  writeColumn(out, rows);
  for (const key of [...columns.keys()].sort((a, b) => a - b)) writeColumn(out, columns.get(key) as number[]);
}

/** The contexts of `length` rows. The reader's code is thrown for anything that writeContexts does not write. */
export function readContexts(from: ByteReader, length: number): (ReadingContext | null)[] {
  const count = from.bounded(length, 'shapes');
  if (count === 0) return new Array<null>(length).fill(null);
  const shapes: Shape[] = [];
  for (let i = 0; i < count; i++) shapes.push(readShape(from));
  const rows = readColumn(from, length).map((index) => {
    if (index === 0) return null;
    return shapes[index - 1] ?? from.fail('a shape that was not named');
  });
  const sizes = new Map<number, number>();
  for (const shape of rows) for (const key of shape?.integers ?? []) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  const columns = new Map<number, { readonly values: number[]; next: number }>();
  for (const key of [...sizes.keys()].sort((a, b) => a - b)) {
    columns.set(key, { values: readColumn(from, sizes.get(key) as number), next: 0 });
  }
  return rows.map((shape) => {
    if (shape === null || (shape.integers.length === 0 && shape.size <= CONTEXT_BYTES)) return shape?.rest ?? null;
    const entries: [number, CborValue][] = [...shape.rest];
    for (const key of shape.integers) {
      const column = columns.get(key) as { readonly values: number[]; next: number };
      entries.push([key, column.values[column.next++] as number]);
    }
    const context = new Map(entries.sort(([a], [b]) => a - b));
    // Only a large shape can grow beyond the bound by the integers put into it.
    if (shape.size + 8 * shape.integers.length > CONTEXT_BYTES && !fits(context)) from.fail('a context out of bounds');
    return context;
  });
}

function readShape(from: ByteReader): Shape {
  const bytes = from.raw(from.bounded(CONTEXT_BYTES + CONTEXT_KEYS, 'a shape'));
  let shape: CborValue;
  try {
    shape = decodeCbor(bytes);
  } catch (error) {
    return from.fail(error instanceof VitalsealError ? error.message : 'a shape that is not CBOR');
  }
  const [integers, rest] = Array.isArray(shape) && shape.length === 2 ? shape : [null, null];
  if (!Array.isArray(integers) || !(rest instanceof Map)) return from.fail('a shape that is none');
  const keys = [...integers, ...rest.keys()];
  if (keys.length > CONTEXT_KEYS) from.fail('a shape out of bounds');
  if (keys.some((key) => typeof key !== 'number' || key < 0) || new Set(keys).size !== keys.length) {
    from.fail('a shape whose keys are not distinct unsigned integers');
  }
  return { integers, rest, size: bytes.length };
}

function fits(context: ReadingContext): boolean {
  try {
    scratch.at = 0;
    writeContext(scratch, context);
    return true;
  } catch {
    return false;
  }
}
