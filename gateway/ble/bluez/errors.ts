// What a failed call to BlueZ means to the gateway: D-Bus and BlueZ error names become codes of our registry. BlueZ puts
// much into `Failed` and a text, so texts are looked at too; what is not known keeps the safest meaning of its operation.
import { type ErrorCode, isVitalsealError, VitalsealError } from '@vitalseal/ledger';

/** What was asked for: the same error means different things to each. */
export type Operation =
  /** Of the adapter or the host itself. */
  | 'host'
  | 'connect'
  | 'pair'
  /** A read, a write, a subscription. */
  | 'gatt';

/** An error answer, or one of ours in its place: TIMEOUT, LOST. `text` never leaves the adapter. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly error: string;
  readonly text: string;

  constructor(error: string, text = '') {
    super(error);
    this.error = error;
    this.text = text;
  }
}

/** Nobody answered in the time allowed. */
export const TIMEOUT = 'org.freedesktop.DBus.Error.Timeout';
/** The bus, or the host behind it, went away meanwhile. */
export const LOST = 'org.freedesktop.DBus.Error.Disconnected';

const BLUEZ = 'org.bluez.Error.';
const DBUS = 'org.freedesktop.DBus.Error.';

/** Whatever was asked for. */
const ALWAYS: ReadonlyMap<string, ErrorCode> = new Map([
  ...[TIMEOUT, `${DBUS}TimedOut`].map((name) => [name, 'radio_timeout'] as const),
  ...['ServiceUnknown', 'NameHasNoOwner', 'NoReply', 'NoServer', 'AccessDenied'].map(
    (name) => [DBUS + name, 'radio_unavailable'] as const,
  ),
  ...[LOST, `${BLUEZ}NotReady`].map((name) => [name, 'radio_unavailable'] as const),
]);

/** Of a device: it is not there any more, or not connected. */
const GONE = new Set([
  ...['UnknownObject', 'UnknownInterface', 'UnknownMethod'].map((name) => DBUS + name),
  ...['DoesNotExist', 'NotConnected', 'ConnectionAttemptFailed', 'NotAvailable'].map((name) => BLUEZ + name),
]);
const AUTHENTICATION = new RegExp(`^${BLUEZ.replaceAll('.', '\\.')}Authentication(Failed|Canceled|Rejected|Timeout)$`);
/** Attribute protocol: insufficient authentication, authorization, key size, encryption (Core 5.4, Vol 3 Part F 3.4.1.1). */
const ATT_SECURITY = /ATT error: 0x(05|08|0c|0f)\b/i;
const NEEDS_PAIRING = /not paired|authenticat|encrypt/i;
const NO_LINK = /abort-by-|not connected|disconnect|host is down|unreachable|timed? ?out|connection/i;

/** The code for `error` (a D-Bus error name) with its text, as the answer to `operation`. */
export function codeOf(error: string, text: string, operation: Operation): ErrorCode {
  const known = ALWAYS.get(error);
  if (known !== undefined) return known;
  if (operation === 'host') return 'radio_unavailable';
  if (GONE.has(error)) return 'device_gone';
  if (operation === 'pair') return error === `${BLUEZ}InProgress` ? 'pairing_busy' : pairFailure(error, text);
  if (AUTHENTICATION.test(error)) return 'pairing_needed';
  if (operation === 'connect') return 'device_gone';
  if (error === `${BLUEZ}NotAuthorized`) return 'pairing_needed';
  if (ATT_SECURITY.test(text) || NEEDS_PAIRING.test(text)) return 'pairing_needed';
  if (error === `${BLUEZ}Failed` && NO_LINK.test(text)) return 'device_gone';
  return 'device_refused';
}

function pairFailure(error: string, text: string): ErrorCode {
  return error === `${BLUEZ}Failed` && NO_LINK.test(text) ? 'device_gone' : 'pairing_failed';
}

/** `thrown` as the gateway knows it. */
export function asRadioError(thrown: unknown, operation: Operation): VitalsealError {
  if (isVitalsealError(thrown)) return thrown;
  return thrown instanceof HostError
    ? new VitalsealError(codeOf(thrown.error, thrown.text, operation))
    : new VitalsealError('radio_unavailable');
}

/** Whether BlueZ said `InProgress`: somebody, perhaps we, is at it already. */
export function isInProgress(thrown: unknown): boolean {
  return thrown instanceof HostError && thrown.error === `${BLUEZ}InProgress`;
}

/** Whether the bus does not let this user speak to the host. */
export function isDenied(thrown: unknown): boolean {
  return thrown instanceof HostError && thrown.error === `${DBUS}AccessDenied`;
}

/** Whether rfkill keeps an adapter from being switched on. */
export function isBlocked(thrown: unknown): boolean {
  return thrown instanceof HostError && thrown.error === `${BLUEZ}Blocked`;
}

/** Whether what was asked for is so already. */
export function isAlready(thrown: unknown): boolean {
  return thrown instanceof HostError && /\.(AlreadyConnected|AlreadyExists|AlreadyNotifying)$/.test(thrown.error);
}

/**
 * Whether the link ended while BlueZ still made it: 5.66 says no more when the device lacks the key of their bond. Which of
 * the two texts it has depends on a race in it. The second it also has where another program hangs up meanwhile.
 */
export function isCutShort(thrown: unknown): boolean {
  return thrown instanceof HostError && /abort-by-local|br-connection-canceled/i.test(thrown.text);
}

/** Whether BlueZ says, as later ones do, that the device lacks the key of their bond. */
export function isKeyMissing(thrown: unknown): boolean {
  return thrown instanceof HostError && /key-missing/i.test(thrown.text);
}

/** For a log. */
export function nameOf(error: unknown): string {
  return error instanceof HostError ? error.error : String(error);
}
