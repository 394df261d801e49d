// A proof of inclusion that fits in a file and needs no server: index, path and checkpoint (C2SP tlog-proof).
import { fromBase64, toBase64 } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';
import { HASH_BYTES, type Hash } from '../tree/hash.ts';
import { MAX_PATH } from '../tree/inclusion.ts';
import { decodeHash, parseDecimal } from './lines.ts';

/** `checkpoint` is the whole signed note. `extra` is opaque and not authenticated by anything here. */
export interface TlogProof {
  readonly index: number;
  readonly path: readonly Hash[];
  readonly checkpoint: string;
  readonly extra?: Uint8Array;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
const MAX_PROOF = 1024 * 1024;

const refuse = (why: string): never => {
  throw new VitalsealError('proof_invalid', `not a tlog-proof: ${why}`);
};

/** The proof as text. Throws `proof_invalid`. */
export function formatTlogProof({ index, path, checkpoint, extra }: TlogProof): string {
  if (!Number.isSafeInteger(index) || index < 0) return refuse('its index');
  if (path.length > MAX_PATH || path.some((hash) => hash.length !== HASH_BYTES)) return refuse('its path');
  const lines = [HEADER];
  if (extra !== undefined) lines.push(`extra ${toBase64(extra)}`);
  lines.push(`index ${index}`, ...path.map(toBase64));
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** The parts of a proof, nothing verified: the checkpoint is not looked into. Throws `proof_invalid`. */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > MAX_PROOF) return refuse('too long');
  // The head holds no empty line, so the first one ends it; the checkpoint's own comes later.
  const split = text.indexOf('\n\n');
  if (split < 0) return refuse('no checkpoint');
  const lines = text.slice(0, split).split('\n');
  const checkpoint = text.slice(split + 2);
  if (lines.shift() !== HEADER) return refuse('its first line');
  const extra = lines[0]?.startsWith('extra ') ? decodeExtra((lines.shift() as string).slice(6)) : undefined;
  const indexLine = lines.shift() ?? '';
  const index = indexLine.startsWith('index ') ? parseDecimal(indexLine.slice(6)) : null;
  if (index === null) return refuse('its index');
  if (lines.length > MAX_PATH) return refuse('its path is too long');
  const path = lines.map((line) => decodeHash(line) ?? refuse('a hash of its path'));
  return extra === undefined ? { index, path, checkpoint } : { index, path, checkpoint, extra };
}

function decodeExtra(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch {
    return refuse('its extra data');
  }
}
