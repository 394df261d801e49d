// How the commands put numbers in words, the same in each of them.

/** `1 batch`, `2 batches`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** `1 hour 5 minutes`: the two largest units that count, of whole seconds. */
export function lasting(seconds: number): string {
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first === -1) return '0 seconds';
  let left = seconds;
  return UNITS.slice(first, first + 2)
    .flatMap(([name, size]) => {
      const count = Math.floor(left / size);
      left -= count * size;
      return count > 0 ? [counted(count, name)] : [];
    })
    .join(' ');
}

const SIZES = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `812 bytes`, `1.5 MB`: powers of 1000, as disks are sold. */
export function sized(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < SIZES.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? counted(bytes, 'byte') : `${value.toFixed(1)} ${SIZES[unit]}`;
}

/** `5 minutes ago`, of milliseconds. */
export function ago(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 1 ? 'just now' : `${lasting(seconds)} ago`;
}

/** A word as shells read it literally. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
