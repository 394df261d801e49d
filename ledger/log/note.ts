// A signed note: text, an empty line, and signature lines by named keys (C2SP signed-note). Checkpoints are notes.
// Here is the shape alone; whose signatures count is a question for vkeys and the policy.
import { fromBase64, toBase64 } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';

/** Longest note that is looked at, in UTF-16 units: room for 70 post-quantum cosignatures. */
const MAX_NOTE = 256 * 1024;
/** Most signature lines that are looked at (the specification asks for at least 16). */
const MAX_SIGNATURES = 256;

/** One signature line. `keyId` (u32) says which key and algorithm, `signature` is what follows it. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  readonly signature: Uint8Array;
}

/** `body` ends in a newline and is what is signed; signatures of unknown kinds are kept as they came. */
export interface Note {
  readonly body: string;
  readonly signatures: readonly NoteSignature[];
}

/** Makes one signature line for a body. */
export type NoteSigner = (body: string) => NoteSignature;

const refuse = (why: string): never => {
  throw new VitalsealError('note_invalid', `not a signed note: ${why}`);
};

/** The note's parts, nothing verified. Throws `note_invalid`. */
export function parseNote(text: string): Note {
  if (text.length > MAX_NOTE) return refuse('too long');
  if (!isNoteText(text)) return refuse('control characters or broken text');
  const split = text.lastIndexOf('\n\n');
  if (split < 0 || !text.endsWith('\n')) return refuse('no signatures');
  const lines = text.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return refuse('too many signatures');
  return { body: text.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

/** The note as text. Throws `note_invalid` when the body cannot be one, or nobody signed. */
export function formatNote({ body, signatures }: Note): string {
  if (!body.endsWith('\n') || !isNoteText(body)) refuse('the text must end in a newline');
  if (signatures.length === 0) refuse('no signatures');
  return `${body}\n${signatureLines(signatures)}`;
}

/** The signature lines alone, each with its newline. */
export function signatureLines(signatures: readonly NoteSignature[]): string {
  return signatures.map(formatSignature).join('');
}

/** `body` signed by each of `signers`. */
export function signNote(body: string, signers: readonly NoteSigner[]): string {
  return formatNote({ body, signatures: signers.map((sign) => sign(body)) });
}

/** The note with more signature lines at its end, as when a cosignature arrives later than the checkpoint. */
export function addSignatures(noteText: string, signatures: readonly NoteSignature[]): string {
  const note = parseNote(noteText);
  return formatNote({ body: note.body, signatures: [...note.signatures, ...signatures] });
}

/** Whether a key may have this name: not empty, no Unicode space, no plus. */
export function isKeyName(name: string): boolean {
  return name.length > 0 && !/[\p{White_Space}\p{Cc}+]/u.test(name) && name.isWellFormed();
}

function parseSignature(line: string): NoteSignature {
  const parts = line.split(' ');
  const [dash, name, encoded] = parts;
  if (parts.length !== 3 || dash !== '—' || name === undefined || encoded === undefined || !isKeyName(name)) {
    return refuse('a signature line');
  }
  const bytes = decode(encoded);
  if (bytes.length < 5) return refuse('a signature is too short');
  const keyId = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return { name, keyId, signature: bytes.subarray(4) };
}

function formatSignature({ name, keyId, signature }: NoteSignature): string {
  if (!isKeyName(name)) refuse('a key name');
  const bytes = new Uint8Array(4 + signature.length);
  new DataView(bytes.buffer).setUint32(0, keyId);
  bytes.set(signature, 4);
  return `— ${name} ${toBase64(bytes)}\n`;
}

function decode(encoded: string): Uint8Array {
  try {
    return fromBase64(encoded);
  } catch {
    return refuse('a signature is not base64');
  }
}

/** Valid UTF-8 and no ASCII control character other than newline. */
function isNoteText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification forbids exactly these
  return text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);
}
