// Which of its users a shared device means: the same octet in cuffs, scales and body analysers.
import type { Facts } from './decoded.ts';

const UNKNOWN_USER = 0xff;

/** The user for the context of a reading; null where the device does not know, or did not say. */
export function knownUser(userId: number | null): number | null {
  return userId === UNKNOWN_USER ? null : userId;
}

/** `userId` as sent, 255 with the name that it has. */
export function userFacts(userId: number | null): Facts {
  if (userId === null) return {};
  return userId === UNKNOWN_USER ? { userId, userIdName: 'unknown' } : { userId };
}
