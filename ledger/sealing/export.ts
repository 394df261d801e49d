// What a reader takes away: the same plaintext as a plain age file, which the stock `age` tool opens without us.
import { VitalsealError } from '../errors.ts';
import { loadAge } from './recipient.ts';

/** An age v1 file to 1 or more recipients of age's own kinds (`age1…`, `age1pq1…`). Throws `recipient_invalid`. */
export async function exportForStockAge(plaintext: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> {
  if (recipients.length === 0) throw new VitalsealError('recipient_invalid', 'an export has at least one recipient');
  const { Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  try {
    for (const recipient of recipients) encrypter.addRecipient(recipient);
    return await encrypter.encrypt(plaintext);
  } catch {
    throw new VitalsealError('recipient_invalid', 'not an age recipient');
  }
}
