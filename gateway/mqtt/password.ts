// Device passwords: 128 random bits, shown once. At 128 bits a salted SHA-256 cannot be searched, and a slow hash would
// only let strangers burn the gateway's processor.
import { constantTimeEqual, fromHex, randomBytes, sha256, toHex, utf8 } from '@vitalseal/ledger';

const PREFIX = 'sha256';

/** A new password: 26 characters of RFC 4648 base32 in lower case, 130 bits. */
export function newPassword(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return Array.from(randomBytes(26), (byte) => alphabet[byte & 31]).join('');
}

/** What is stored of a password: `sha256$SALT$HASH` in hex. Only for passwords of newPassword, never for chosen ones. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16);
  return `${PREFIX}$${toHex(salt)}$${toHex(sha256(salt, utf8(password)))}`;
}

/** A checker for a stored hash, in constant time. Null when the stored text is not one of hashPassword. */
export function passwordVerifier(stored: string): ((password: Uint8Array) => boolean) | null {
  const [prefix, saltHex, hashHex, ...rest] = stored.split('$');
  if (prefix !== PREFIX || !isHex(saltHex, 32) || !isHex(hashHex, 64) || rest.length > 0) return null;
  const salt = fromHex(saltHex);
  const hash = fromHex(hashHex);
  return (password) => constantTimeEqual(sha256(salt, password), hash);
}

function isHex(text: string | undefined, length: number): text is string {
  return text?.length === length && /^[0-9a-f]+$/.test(text);
}
