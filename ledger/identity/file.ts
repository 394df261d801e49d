// The identity file: everything a person or a gateway needs to sign and to read, in age's own format, so that the stock
// `age` tool takes it too. What it says of origin and policy is what reading trusts, and nothing else is.
import { fromHex, toHex } from '../encoding/bytes.ts';
import { isOrigin } from '../encoding/fields.ts';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { isRecipient, isRecipientIdentity } from '../sealing/recipient.ts';
import { formatAddress, parseAddress } from './address.ts';

export interface IdentityFile {
  /** 20 bytes. */
  readonly address: Uint8Array;
  readonly origin: string;
  /** SHA-256 of the facility's policy. */
  readonly policy: Uint8Array;
  /** Ed25519 seed, 32 bytes. */
  readonly signingKey: Uint8Array;
  /** `age1pq1…`. */
  readonly recipient: string;
  /** `AGE-SECRET-KEY-PQ-1…`. */
  readonly identity: string;
}

const MAX_CHARACTERS = 16_384;
const MAX_LINES = 100;
const TITLE = '# vitalseal identity v1';
const FIELDS = ['address', 'origin', 'policy', 'signing-key', 'recipient'] as const;
type Field = (typeof FIELDS)[number];

/** The file's text. Secret: mode 0600. Throws `identity_file_invalid` when parseIdentity would not take it. */
export function formatIdentity(file: IdentityFile): string {
  if (!isOrigin(file.origin)) throw new VitalsealError('identity_file_invalid', 'not the origin of a ledger');
  if (!isRecipient(file.recipient) || !isRecipientIdentity(file.identity)) {
    throw new VitalsealError('identity_file_invalid', 'not an age hybrid key');
  }
  return [
    TITLE,
    `# address: ${formatAddress(file.address)}`,
    `# origin: ${file.origin}`,
    `# policy: ${toHex(file.policy)}`,
    `# signing-key: ${toHex(file.signingKey)}`,
    `# recipient: ${file.recipient}`,
    file.identity,
    '',
  ].join('\n');
}

function refuse(line: number, why: string): never {
  throw new VitalsealError('identity_file_invalid', `line ${line}: ${why}`, { line });
}

/**
 * Reads an identity file. Unknown `#` lines and empty lines are left aside, as age does. Throws
 * `identity_file_invalid`, whose message names the line and never its content.
 */
export function parseIdentity(text: string): IdentityFile {
  if (text.length > MAX_CHARACTERS) return refuse(1, 'an identity file has at most 16 KiB');
  const lines = text.split('\n', MAX_LINES + 1).map((line) => line.replace(/\r$/, ''));
  if (lines[0] !== TITLE) return refuse(1, `expected "${TITLE}"`);
  if (lines.length > MAX_LINES) return refuse(MAX_LINES, 'an identity file has at most 100 lines');
  const fields = new Map<Field, { readonly value: string; readonly line: number }>();
  let identity: string | null = null;
  lines.forEach((content, i) => {
    const line = i + 1;
    if (line === 1 || content === '') return;
    if (!content.startsWith('#')) {
      if (identity !== null) refuse(line, 'a second age identity');
      if (!isRecipientIdentity(content)) refuse(line, 'expected an age identity, AGE-SECRET-KEY-PQ-1…');
      identity = content;
      return;
    }
    const name = FIELDS.find((field) => content.startsWith(`# ${field}: `));
    if (name === undefined) return;
    if (fields.has(name)) refuse(line, `a second "${name}"`);
    fields.set(name, { value: content.slice(name.length + 4), line });
  });
  const read = <T>(name: Field, expected: string, parse: (value: string) => T): T => {
    const field = fields.get(name) ?? refuse(lines.length, `there is no "# ${name}: …" line`);
    try {
      return parse(field.value);
    } catch (error) {
      if (!isVitalsealError(error)) throw error;
      return refuse(field.line, `${name}: expected ${expected}`);
    }
  };
  const accept = (ok: (value: string) => boolean) => (value: string) => {
    if (ok(value)) return value;
    throw new VitalsealError('text_invalid');
  };
  return {
    address: read('address', 'an address, vs1…', parseAddress),
    origin: read('origin', 'the origin of a ledger', accept(isOrigin)),
    policy: read('policy', '64 hex digits', (value) => fromHex(value, 32)),
    signingKey: read('signing-key', '64 hex digits', (value) => fromHex(value, 32)),
    recipient: read('recipient', 'an age recipient, age1pq1…', accept(isRecipient)),
    identity: identity ?? refuse(lines.length, 'there is no age identity'),
  };
}
