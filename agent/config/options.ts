// The configuration in the words of those who are configured.
import { VitalsealError } from '@vitalseal/ledger';
import type { VaultOptions } from '../vault/vault.ts';
import { type AgentConfig, HOST_PORT } from './config.ts';

/** `batchAgeMs` stands instead of the configuration's. */
export function vaultOptions({ batch, spool }: AgentConfig, batchAgeMs?: number): VaultOptions {
  return {
    batchAgeMs: batchAgeMs ?? batch.max_age_seconds * 1000,
    batchReadings: batch.max_readings,
    batchBytes: batch.max_bytes,
    epochAgeMs: batch.epoch_hours * 3_600_000,
    quarantineBytes: spool.quarantine_kilobytes * 1024,
    ...(spool.megabytes === undefined ? {} : { spoolBytes: spool.megabytes * 1_048_576 }),
  };
}

export function brokerLimits({ mqtt }: AgentConfig) {
  return {
    payloadBytes: mqtt.max_payload_bytes,
    connections: mqtt.max_connections,
    messagesPerSecond: mqtt.max_messages_per_second,
  };
}

/** What the command line says of Bluetooth: `busAddress` where the configuration names no bus, `adapter` instead of its own. */
export interface BleChoice {
  readonly busAddress?: string | undefined;
  readonly adapter?: string | undefined;
}

/** The radio that is meant; `busAddress` null is the system bus. */
export function radioChoice({ ble }: AgentConfig, choice: BleChoice = {}) {
  return { busAddress: ble.bus ?? choice.busAddress ?? null, adapter: choice.adapter ?? ble.adapter };
}

/** HOST:PORT, the host of an IPv6 address in brackets. Throws `usage`. */
export function parsePlace(text: string): { host: string; port: number } {
  const match = HOST_PORT.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) throw new VitalsealError('usage', '--mqtt takes HOST:PORT');
  return { host: (match[1] as string).replace(/^\[|\]$/g, ''), port };
}

export function formatPlace(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
