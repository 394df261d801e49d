// The files of the agent's folder, beside the vault's database:
//
//   agent.toml       configuration, written by `init`, then the operator's
//   identity         age-format identity, 0600            enrolment.json   whom for, where, own first entries
//   devices.json     hashed passwords, Bluetooth rules    keys/            chain slots (the vault's) and keys/message-hash
//   agent.db         the vault's                          agent.sock, agent.lock, agent.pid
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { formatIdentity, fromUtf8, parseAddress, policyHash, randomBytes, VitalsealError } from '@vitalseal/ledger';
import { type AgentConfig, parseConfig } from '../config/config.ts';
import { SAMPLE_CONFIG } from '../config/sample.ts';
import type { Device } from '../devices/devices.ts';
import { formatDevices, parseDevices } from '../devices/file.ts';
import { type Enrolment, formatEnrolment, type OwnKeys, parseEnrolment } from '../enrol/enrolment.ts';
import { makeFolder, readSmall, removeDurably, writeDurably } from './durable.fs.ts';

const MB = 1 << 20;

export class AgentFiles {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = resolve(dir);
  }

  /** Makes the folder with a commented configuration. Throws `folder_exists` when there is an agent already. */
  create(): void {
    if (existsSync(this.#path('agent.toml')))
      throw new VitalsealError('folder_exists', 'there is an agent in this folder already');
    makeFolder(this.dir);
    this.hashKey();
    writeDurably(this.#path('agent.toml'), SAMPLE_CONFIG);
  }

  /** Throws `folder_missing` or `config_invalid`. */
  config(): AgentConfig {
    const text = this.#text('agent.toml', MB);
    if (text === null)
      throw new VitalsealError('folder_missing', 'there is no agent in this folder; run: vitalseal agent init');
    return parseConfig(text, this.#path('agent.toml'));
  }

  /** A PEM file that the configuration names as `key`. Throws `config_invalid`. */
  pem(key: string, path: string): Buffer {
    const wrong = (found: string) =>
      new VitalsealError('config_invalid', `${this.#path('agent.toml')}: ${key}: expected a PEM file, ${found}`);
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch {
      throw wrong(`but ${path} cannot be read`);
    }
    if (!bytes.includes('-----BEGIN ')) throw wrong(`but ${path} is none`);
    return bytes;
  }

  /** The enrolment in force. Its draft holds secret keys: one that a power cut left behind goes now. */
  enrolment(): Enrolment | null {
    const held = this.#enrolment('enrolment.json');
    if (held?.done === true && this.enrolmentDraft()?.of === held.of) this.saveEnrolment(held);
    return held;
  }

  saveEnrolment(enrolment: Enrolment): void {
    writeDurably(this.#path('enrolment.json'), formatEnrolment(enrolment));
    removeDurably(this.#path('enrolment.draft.json'));
  }

  enrolmentDraft(): Enrolment | null {
    return this.#enrolment('enrolment.draft.json');
  }

  saveEnrolmentDraft(draft: Enrolment): void {
    writeDurably(this.#path('enrolment.draft.json'), formatEnrolment(draft));
  }

  #enrolment(name: string): Enrolment | null {
    const text = this.#text(name, 64 * MB);
    return text === null ? null : parseEnrolment(text);
  }

  identity(): string | null {
    return this.#text('identity', MB);
  }

  saveIdentity({ address, origin, policy }: Enrolment, keys: OwnKeys): void {
    const file = { origin, signingKey: keys.signing, recipient: keys.recipient, identity: keys.identity };
    writeDurably(
      this.#path('identity'),
      formatIdentity({ ...file, address: parseAddress(address), policy: policyHash(policy) }),
    );
  }

  devices(): Device[] {
    const text = this.#text('devices.json', 16 * MB);
    return text === null ? [] : parseDevices(text);
  }

  saveDevices(devices: readonly Device[]): void {
    writeDurably(this.#path('devices.json'), formatDevices(devices));
  }

  /** What payload hashes of MQTT messages are keyed with: 32 bytes outside the database. */
  hashKey(): Uint8Array {
    const held = readSmall(this.#path('keys', 'message-hash'), 32);
    if (held?.length === 32) return held;
    const key = randomBytes(32);
    writeDurably(this.#path('keys', 'message-hash'), key);
    return key;
  }

  #path(...names: string[]): string {
    return join(this.dir, ...names);
  }

  #text(name: string, maxBytes: number): string | null {
    const bytes = readSmall(this.#path(name), maxBytes);
    return bytes === null ? null : fromUtf8(bytes);
  }
}
