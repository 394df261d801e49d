// A sealed record: an age v1 file whose one stanza wraps the file key under the record's key of the epoch chain. Other
// than that it is age's format, and `export` turns it into a file that the stock tool opens.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { Stanza } from 'age-encryption';
import { hkdfSha256, randomBytes } from '../crypto.ts';
import { fromBase64, toBase64 } from '../encoding/bytes.ts';
import { encodeCbor } from '../encoding/cbor.ts';
import { VitalsealError } from '../errors.ts';
import { chainAt } from './epoch.ts';
import { loadAge } from './recipient.ts';

export const EPOCH_STANZA = 'vitalseal.org/epoch';
const SALT_BYTES = 16;
/** A file key of 16 bytes and its tag. */
const WRAPPED_BYTES = 32;
/** One use of a key: the wrap key is as fresh as its salt (age spec, "native recipient types"). */
const ZERO_NONCE = new Uint8Array(12);

/** Where a record stands: every part is bound into its wrap key, so that no file opens in another's place. */
export interface RecordSlot {
  readonly origin: string;
  /** streamId of owner × gateway, 16 bytes. */
  readonly stream: Uint8Array;
  readonly epoch: Uint8Array;
  /** Place in the epoch, from 0. */
  readonly index: number;
}

/** HKDF(Kᵢ, salt, CBOR ["wrap", origin, stream, epoch, i]). */
function wrapKey(chainKey: Uint8Array, salt: Uint8Array, { origin, stream, epoch, index }: RecordSlot): Uint8Array {
  return hkdfSha256(chainKey, salt, encodeCbor(['wrap', origin, stream, epoch, index]), 32);
}

/** The age file of a plaintext under Kᵢ. 192 bytes longer, and 16 for each further 64 KiB. */
export async function sealRecord(
  record: RecordSlot & { readonly plaintext: Uint8Array; readonly chainKey: Uint8Array },
): Promise<Uint8Array> {
  const age = await loadAge();
  const encrypter = new age.Encrypter();
  encrypter.addRecipient({
    wrapFileKey(fileKey) {
      const salt = randomBytes(SALT_BYTES);
      const wrapped = chacha20poly1305(wrapKey(record.chainKey, salt, record), ZERO_NONCE).encrypt(fileKey);
      return [new age.Stanza([EPOCH_STANZA, toBase64(salt).replaceAll('=', '')], wrapped)];
    },
  });
  return encrypter.encrypt(record.plaintext);
}

/**
 * The plaintext of a sealed record, by its epoch's secret or by Kᵢ itself. The caller has compared the file's hash with
 * the entry. Throws `blob_damaged` when it is no such file or was sealed for another place.
 */
export async function openRecord(
  record: RecordSlot & { readonly file: Uint8Array } & (
      | { readonly secret: Uint8Array; readonly chainKey?: undefined }
      | { readonly chainKey: Uint8Array; readonly secret?: undefined }
    ),
): Promise<Uint8Array> {
  const chainKey = record.secret === undefined ? record.chainKey : chainAt(record.secret, record.index);
  const { Decrypter } = await loadAge();
  const decrypter = new Decrypter();
  decrypter.addIdentity({ unwrapFileKey: (stanzas: Stanza[]) => unwrap(stanzas, chainKey, record) });
  try {
    return await decrypter.decrypt(record.file);
  } catch {
    throw new VitalsealError('blob_damaged', 'the record cannot be opened with the key of its place');
  }
}

/** null when the file is not ours; throws when it is and cannot be opened, as age's Identity asks. */
function unwrap(stanzas: readonly Stanza[], chainKey: Uint8Array, slot: RecordSlot): Uint8Array | null {
  const [stanza] = stanzas;
  if (stanzas.length !== 1 || stanza?.args[0] !== EPOCH_STANZA) return null;
  const text = stanza.args[1];
  // 16 bytes are 22 characters; fromBase64 refuses other spellings of the same bytes.
  if (stanza.args.length !== 2 || text?.length !== 22 || stanza.body.length !== WRAPPED_BYTES) {
    throw new VitalsealError('blob_damaged');
  }
  return chacha20poly1305(wrapKey(chainKey, fromBase64(`${text}==`), slot), ZERO_NONCE).decrypt(stanza.body);
}
