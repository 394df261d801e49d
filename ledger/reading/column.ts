// One column of integers in a batch: the values, their differences or their second differences, whichever is smallest.
// What is regular (a counter, a second hand, a steady pulse) becomes zeros, and zeros cost nothing after deflate.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Values are below this in magnitude; their second differences are then exact and below 2^52. */
export const COLUMN_LIMIT = 2 ** 50;

function bits(value: number): number {
  const magnitude = value < 0 ? -value : value;
  return magnitude < 0xffffffff ? 32 - Math.clz32(magnitude) : 40;
}

/** About how many bits the column takes, at each order of difference (0, 1, 2). */
export function columnCosts(values: readonly number[]): [number, number, number] {
  const costs: [number, number, number] = [0, 0, 0];
  let last = 0;
  let step = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const difference = value - last;
    costs[0] += bits(value);
    costs[1] += bits(difference);
    costs[2] += bits(difference - step);
    last = value;
    step = difference;
  }
  return costs;
}

/** Order of difference (0, 1 or 2), then each as zigzag LEB128. The length is not written. */
export function writeColumn(out: ByteWriter, values: readonly number[]): void {
  const costs = columnCosts(values);
  const order = costs[2] < costs[1] && costs[2] < costs[0] ? 2 : costs[1] < costs[0] ? 1 : 0;
  out.byte(order);
  let last = 0;
  let step = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (order === 0) {
      out.signed(value);
      continue;
    }
    const difference = value - last;
    out.signed(order === 1 ? difference : difference - step);
    last = value;
    step = difference;
  }
}

/** `length` values, each below 2^50 in magnitude, or the reader's code is thrown. */
export function readColumn(from: ByteReader, length: number): number[] {
  const order = from.bounded(2, 'an order of differences');
  if (length > from.left) from.fail('cut short');
  const values = new Array<number>(length);
  let last = 0;
  let step = 0;
  for (let i = 0; i < length; i++) {
    const read = from.signed();
    let value = read;
    if (order !== 0) {
      step = order === 1 ? read : step + read;
      value = last + step;
      last = value;
    }
    if (value >= COLUMN_LIMIT || value <= -COLUMN_LIMIT) from.fail('a number out of bounds');
    values[i] = value;
  }
  return values;
}
