// How a simulated device stands to the fake BlueZ, beyond what it measures: plain data, so that another process can be told.
import type { PeripheralSpec } from '../kinds.ts';

/** How a device pairs when both sides can. */
export type PairingMethod =
  | 'just-works'
  | 'numeric-comparison'
  /** The device shows six digits, the host's user enters them. */
  | 'passkey-entry'
  /** The host shows six digits, to be typed on the device. */
  | 'passkey-display'
  /** Older devices: a number from the manual. */
  | 'pin';

export interface FakeDeviceSpec extends PeripheralSpec {
  /** Default: Just Works. */
  readonly pairing?: PairingMethod;
  /** Of numeric comparison and passkeys; the PIN too (default 123456). */
  readonly passkey?: number;
  /** The address does not say who it is: after pairing it is known by this one. */
  readonly identity?: string;
  /** It asks for a protected link as soon as it is connected; refused, it `insists` and hangs up, or `makes-do` with what there is. */
  readonly asksSecurity?: 'insists' | 'makes-do';
  /** dBm at the beginning (default -55). */
  readonly rssi?: number;
}
