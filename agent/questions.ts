// What a command asks of the agent of a folder, whether it runs or not. How it is reached is the port: over the control
// socket of the running one, else by taking the folder's lock and answering here.
import { fromBase64 } from '@vitalseal/ledger';
import type { NewDevice } from './devices/devices.ts';
import type { ProofFiles } from './proof/proof.ts';
import type { AgentService, ListedDevice } from './service.ts';
import type { ListedRecord } from './status/records.ts';
import type { AgentStatus } from './status/status.ts';

/** Sends `command` to the running agent of `dir`, or does `work` here. */
export type Ask = (
  dir: string,
  command: string,
  parameters: object,
  work: (service: AgentService) => Promise<unknown>,
) => Promise<unknown>;

/** `ask` opens all of the folder; `askDevices` its devices only. */
export function questions(ask: Ask, askDevices: Ask) {
  return {
    agentStatus: async (dir: string): Promise<AgentStatus> =>
      (await ask(dir, 'status', {}, (service) => service.status())) as AgentStatus,

    /** `complete` is false when the facility could not be asked for what the light node no longer holds. */
    agentRecords: async (dir: string): Promise<{ records: ListedRecord[]; complete: boolean }> =>
      (await ask(dir, 'records', {}, (service) => service.records())) as { records: ListedRecord[]; complete: boolean },

    /** Has a running agent seal and prove all that it has; without one nothing is done. */
    flushAgent: async (dir: string): Promise<AgentStatus> =>
      (await ask(dir, 'flush', {}, (service) => service.status())) as AgentStatus,

    /** The files of a record's proof. Throws `not_found`, `entry_needed`, and what proving throws. */
    agentProof: async (dir: string, record: string): Promise<ProofFiles> => {
      const answer = (await ask(dir, 'proof', { record }, (service) => service.proof(record))) as Sent<ProofFiles>;
      return { ...answer, entry: asBytes(answer.entry), own: answer.own === null ? null : asBytes(answer.own) };
    },

    /** `owner` is an address, `none`, or undefined for the enrolled owner. The password is in this answer and nowhere else. */
    addDevice: async (dir: string, device: string, owner?: string): Promise<NewDevice> =>
      (await askDevices(dir, 'devices-add', { device, owner }, (service) =>
        service.addDevice(device, owner),
      )) as NewDevice,

    assignDevice: async (dir: string, device: string, owner?: string): Promise<ListedDevice> =>
      (await askDevices(dir, 'devices-assign', { device, owner }, (service) =>
        service.assignDevice(device, owner),
      )) as ListedDevice,

    removeDevice: async (dir: string, device: string): Promise<{ device: string }> =>
      (await askDevices(dir, 'devices-remove', { device }, (service) => service.removeDevice(device))) as {
        device: string;
      },

    listDevices: async (dir: string): Promise<{ devices: ListedDevice[] }> =>
      (await askDevices(dir, 'devices-list', {}, async (service) => service.devices())) as { devices: ListedDevice[] },
  };
}

/** Bytes cross the socket as base64. */
type Sent<T> = { readonly [K in keyof T]: T[K] extends Uint8Array | null ? T[K] | string : T[K] };

function asBytes(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? fromBase64(value) : value;
}
