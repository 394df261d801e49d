// What one process may ask of a fake BlueZ that runs in another, and the messages that carry it.
import type { FakeBluezOptions } from './options.ts';

/** Everything of a run that is plain data. */
export type ProcessOptions = Omit<FakeBluezOptions, 'now' | 'onSent'>;

export const CONTROLS = [
  'start',
  'stop',
  'sent',
  'isConnected',
  'isPaired',
  'connections',
  'drop',
  'dropAfter',
  'vanish',
  'appear',
  'rotate',
  'setFaults',
  'flood',
  'wake',
  'setPowered',
  'stallDiscovery',
  'failNext',
  'hangNext',
] as const;
export type Control = (typeof CONTROLS)[number];

export interface Request {
  readonly id: number;
  readonly control: Control;
  readonly args: readonly unknown[];
}

/** `id` 0: the answer to the start of the process itself. */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}
