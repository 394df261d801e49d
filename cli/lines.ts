// Lines of a stream of bytes, one at a time: whatever comes in, no more than one line is held, and a line that never
// ends is dropped as it comes.

/** A line without its ending; null for one of over `most` bytes. The last needs no ending. */
export async function* linesOf(input: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<string | null> {
  const line = new Uint8Array(most);
  let length = 0;
  for await (const piece of input) {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, from)) {
      length = add(line, length, piece.subarray(from, end));
      from = end + 1;
      yield finished(line, length);
      length = 0;
    }
    length = add(line, length, piece.subarray(from));
  }
  if (length > 0) yield finished(line, length);
}

const NEWLINE = 0x0a;
const decoder = new TextDecoder();

/** The length that the line has now; above the room that it has when it does not fit. */
function add(line: Uint8Array, length: number, piece: Uint8Array): number {
  if (length + piece.length > line.length) return line.length + 1;
  line.set(piece, length);
  return length + piece.length;
}

function finished(line: Uint8Array, length: number): string | null {
  return length > line.length ? null : decoder.decode(line.subarray(0, length)).replace(/\r$/, '');
}
