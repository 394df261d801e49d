// What a command asks of the agent of a folder, whether it runs or not. How it is reached is the port: over the control
// socket of the running one, else by taking the folder's lock and answering here.
import { fromBase64 } from '@vitalseal/ledger';
import type { AskedBle } from './devices/bluetooth.ts';
import type { DeviceService, ListedDevice, RemovedDevice, ShownDevice } from './devices/device-service.ts';
import type { NewBleDevice, NewDevice } from './devices/devices.ts';
import type { ProofFiles } from './proof/proof.ts';
import type { AgentService } from './service.ts';
import type { ListedRecord } from './status/records.ts';
import type { AgentStatus } from './status/status.ts';

/** Sends `command` to the running agent of `dir`, or does `work` here. */
export type Ask<Service> = (
  dir: string,
  command: string,
  parameters: object,
  work: (service: Service) => Promise<unknown>,
) => Promise<unknown>;

/** `ask` opens all of the folder; `askDevices` its devices only. */
export function questions(ask: Ask<AgentService>, askDevices: Ask<DeviceService>) {
  const listDevices = async (dir: string) =>
    (await askDevices(dir, 'devices-list', {}, async (service) => service.list())) as { devices: ListedDevice[] };

  function addDevice(dir: string, device: string, owner?: string): Promise<NewDevice>;
  function addDevice(dir: string, device: string, owner: string | undefined, ble: AskedBle): Promise<NewBleDevice>;
  async function addDevice(dir: string, device: string, owner?: string, ble?: AskedBle): Promise<unknown> {
    return askDevices(dir, 'devices-add', { device, owner, ble }, (service) =>
      ble === undefined ? service.add(device, owner) : service.addBle(device, owner, ble),
    );
  }

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

    /**
     * `owner` is an address, `none`, or undefined for the enrolled owner. The password is in this answer and nowhere else;
     * with `ble` there is none.
     */
    addDevice,

    assignDevice: async (
      dir: string,
      device: string,
      owner?: string,
    ): Promise<Pick<ListedDevice, 'device' | 'owner'>> =>
      (await askDevices(dir, 'devices-assign', { device, owner }, (service) => service.assign(device, owner))) as Pick<
        ListedDevice,
        'device' | 'owner'
      >,

    removeDevice: async (dir: string, device: string): Promise<RemovedDevice> => {
      const { devices } = await listDevices(dir);
      // The record cursor of a Bluetooth device lies in the vault.
      const isBle = devices.some((known) => known.device === device && known.kind === 'ble');
      const answer = isBle
        ? ask(dir, 'devices-remove', { device }, ({ devices: service }) => service.remove(device))
        : askDevices(dir, 'devices-remove', { device }, (service) => service.remove(device));
      return (await answer) as RemovedDevice;
    },

    listDevices,

    /** Throws `device_unknown`. */
    showDevice: async (dir: string, device: string): Promise<ShownDevice> =>
      (await askDevices(dir, 'devices-show', { device }, async (service) => service.show(device))) as ShownDevice,
  };
}

/** Bytes cross the socket as base64. */
type Sent<T> = { readonly [K in keyof T]: T[K] extends Uint8Array | null ? T[K] | string : T[K] };

function asBytes(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? fromBase64(value) : value;
}
