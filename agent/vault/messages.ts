// What crosses between the main thread and the vault's: numbered calls by name, their answers, and two things that the
// vault says unasked.

import { type ErrorCode, isErrorCode, isVitalsealError, VitalsealError } from '@vitalseal/ledger';
import type { VaultCore } from './calls.ts';
import type { VaultOptions } from './vault.ts';

/** What the thread is told first, once it listens. */
export interface OpenVault {
  readonly folder: string;
  readonly options: VaultOptions;
}

/** The calls that the main thread may make. */
export type CallName = Exclude<keyof VaultCore, 'tick' | 'wakesAt' | 'ids'>;

export interface Call {
  readonly id: number;
  readonly name: CallName;
  readonly args: readonly unknown[];
}

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
}

export type FromVault =
  | { readonly kind: 'ready'; readonly ids: readonly Uint8Array[]; readonly waitingBytes: number }
  | { readonly kind: 'failed'; readonly error: WireError }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'sealed' };

export function toWire(error: unknown): WireError {
  if (isVitalsealError(error)) return { code: error.code, message: error.message };
  // A fault of ours: its text could hold anything, so it stays here.
  return { code: 'internal', message: 'a fault in the vault' };
}

export function fromWire({ code, message }: WireError): VitalsealError {
  return new VitalsealError(isErrorCode(code) ? code : 'internal', message);
}
