// A checkpoint: the size and root of the ledger's tree as the text of a signed note (C2SP tlog-checkpoint).
import { equalBytes, toBase64 } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';
import { emptyRoot, type Hash } from '../tree/hash.ts';
import { decodeHash, parseDecimal } from './lines.ts';

/** One tree head. `extensions` are opaque lines that cosigners say nothing about; Vitalseal writes none. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  readonly extensions?: readonly string[];
}

const MAX_BODY = 4096;

const refuse = (why: string): never => {
  throw new VitalsealError('checkpoint_invalid', `not a checkpoint: ${why}`);
};

/** The note text: origin, size, root, extension lines, each with its newline. Throws `checkpoint_invalid`. */
export function formatCheckpoint({ origin, size, root, extensions = [] }: Checkpoint): string {
  const lines = [origin, String(size), toBase64(root), ...extensions];
  const body = `${lines.join('\n')}\n`;
  parseCheckpoint(body);
  return body;
}

/** The tree head of a note's text (its body, not the whole note). Nothing is verified. Throws `checkpoint_invalid`. */
export function parseCheckpoint(body: string): Checkpoint {
  if (body.length > MAX_BODY || !body.endsWith('\n')) return refuse('too long, or no last newline');
  const lines = body.slice(0, -1).split('\n');
  const [origin, sizeText, rootText, ...extensions] = lines;
  if (origin === undefined || sizeText === undefined || rootText === undefined) return refuse('lines are missing');
  if (lines.some((line) => line.length === 0)) return refuse('an empty line');
  const size = parseDecimal(sizeText);
  if (size === null) return refuse('its size');
  const root = decodeHash(rootText);
  if (root === null) return refuse('its root');
  if (size === 0 && !equalBytes(root, emptyRoot)) return refuse('the root of an empty tree');
  return extensions.length === 0 ? { origin, size, root } : { origin, size, root, extensions };
}
