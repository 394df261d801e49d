// The log as a folder that other people's tools read: policy, final checkpoint, all its tiles and entry bundles, and
// the proofs that were asked for (C2SP tlog-tiles, tlog-checkpoint, tlog-policy, tlog-proof).
import { entriesTilePath, tilePath, tilesOf, utf8 } from '@vitalseal/ledger';
import type { Published } from '../log/publisher.ts';
import type { PublishedTiles } from '../log/tiles.ts';
import { type ProofSource, proofOf } from './proof.ts';

export interface ExportSource extends ProofSource {
  readonly policyText: string;
  readonly published: Published;
  readonly tiles: Pick<PublishedTiles, 'cut'>;
}

/** Where an export goes. `path` is relative, with slashes. */
export interface OutputFolder {
  write(path: string, bytes: Uint8Array): Promise<void>;
}

export interface Exported {
  readonly size: number;
  readonly files: number;
  readonly proofs: readonly number[];
}

/** Writes one final checkpoint's whole log. Throws `not_found` for a proof of an entry that it does not hold. */
export async function exportLog(
  source: ExportSource,
  indices: readonly number[],
  out: OutputFolder,
): Promise<Exported> {
  const { published, tiles } = source;
  // Proofs first: asked for something that is not there, nothing is written.
  const proofs = indices.map((index) => ({ index, ...proofOf(source, published, index) }));
  let files = 0;
  const write = async (path: string, bytes: Uint8Array) => {
    await out.write(path, bytes);
    files += 1;
  };
  await write('policy', utf8(source.policyText));
  await write('checkpoint', utf8(published.note));
  for (const tile of tilesOf(published.size)) {
    const { level, index, width } = tile;
    await write(tilePath(level, index, width), tiles.cut(tile));
    if (level === 0) await write(entriesTilePath(index, width), tiles.cut({ level: null, index, width }));
  }
  for (const { index, proof, entry } of proofs) {
    await write(`${index}.tlog-proof`, utf8(proof));
    await write(`${index}.entry`, entry);
  }
  return { size: published.size, files, proofs: [...indices] };
}
