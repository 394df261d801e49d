// With what a fake BlueZ is started.
import type { HostLimits, OnSent } from './host.ts';
import type { FakeDeviceSpec } from './spec.ts';

export interface FakeBluezOptions {
  readonly busAddress: string;
  readonly peripherals: readonly FakeDeviceSpec[];
  /** Default hci0. */
  readonly adapter?: string;
  /** Default true. */
  readonly powered?: boolean;
  readonly limits?: Partial<HostLimits>;
  /** Unix ms; default the system's. */
  readonly now?: () => number;
  /** Told of every packet that leaves a device. */
  readonly onSent?: OnSent;
  /** The bus is gone, and not by `stop`: no client will come any more. */
  readonly onLost?: () => void;
}
