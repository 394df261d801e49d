// What the parts of the fake BlueZ share: the settings of a run, and the faults of a device.
import type { Packet, Peripheral } from '../peripheral.ts';

/** How long the fake takes, and how much it can. */
export interface HostLimits {
  /** From Connect to Connected. */
  readonly connectMs: number;
  /** From Connected to ServicesResolved. */
  readonly resolveMs: number;
  /** After so long Connect gives up on a device out of reach. */
  readonly connectTimeoutMs: number;
  /** Between two advertisements of a device. */
  readonly advertiseMs: number;
  /** An unpaired device that was not heard for so long is forgotten. */
  readonly temporaryMs: number;
  /** How long an agent may take to answer. */
  readonly agentMs: number;
  /** Links at a time. */
  readonly slots: number;
}

export const USUAL_LIMITS: HostLimits = {
  connectMs: 10,
  resolveMs: 20,
  connectTimeoutMs: 5000,
  advertiseMs: 200,
  temporaryMs: 30_000,
  agentMs: 60_000,
  slots: 16,
};

export type OnSent = (address: string, packet: Packet, peripheral: Peripheral) => void;

/** Settings of one link or device that a test turns. */
export interface DeviceFaults {
  /** Connect never answers. */
  connectHangs: boolean;
  /** The link comes about, and its services are never known. */
  resolveNever: boolean;
  /** The link stands, and nothing comes. */
  silent: boolean;
  /** Requests to the record access control point are taken and not answered. */
  silentRacp: boolean;
}

export const NO_FAULTS: Readonly<DeviceFaults> = {
  connectHangs: false,
  resolveNever: false,
  silent: false,
  silentRacp: false,
};
