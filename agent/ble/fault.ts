// What is the matter with the radio, in words: what is missing on this machine, and what a person does about it.
import type { RadioFault } from '@vitalseal/gateway';
import { isVitalsealError, VitalsealError } from '@vitalseal/ledger';

/** Why there is no Bluetooth: by the radio's word, or the configuration's. */
export type BluetoothFault = RadioFault | { readonly fault: 'disabled' };

/** A sentence without a name of any device, for a terminal. */
export function radioWords(fault: BluetoothFault): string {
  switch (fault.fault) {
    case 'disabled':
      return 'agent.toml says [ble] enabled = false';
    case 'no-bus':
      return `no D-Bus answers at ${fault.bus}: systemctl status dbus, or [ble] bus in agent.toml`;
    case 'no-host':
      return 'bluetoothd does not run: sudo systemctl start bluetooth; if it does not, systemctl status bluetooth says why';
    case 'denied':
      return 'this user may not speak to bluetoothd: sudo usermod -aG bluetooth USER, then log in anew';
    case 'silent':
      return 'bluetoothd does not answer: sudo systemctl restart bluetooth';
    case 'no-adapter':
      return missing(fault);
    case 'blocked':
      return `the adapter ${fault.adapter} is blocked: sudo rfkill unblock bluetooth`;
    case 'off':
      return `the adapter ${fault.adapter} is off, and cannot be switched on: sudo systemctl restart bluetooth, or plug it in anew`;
  }
}

function missing({ adapter, adapters }: RadioFault): string {
  if (adapters.length === 0) return 'bluetoothd has no Bluetooth adapter: plug one in, or switch on the built-in one';
  const [only, ...more] = adapters;
  const is = more.length === 0 ? ` = "${only}"` : '';
  return `there is no adapter ${adapter}, but ${adapters.join(', ')}: [ble] adapter${is} in agent.toml`;
}

/** Throws what `work` throws; `radio_unavailable` in the words of what stands then. */
export async function inWords<T>(faultNow: () => BluetoothFault | null, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const fault = isVitalsealError(error, 'radio_unavailable') ? faultNow() : null;
    throw fault === null ? error : new VitalsealError('radio_unavailable', radioWords(fault));
  }
}
