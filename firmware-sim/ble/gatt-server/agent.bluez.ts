// The device's side of pairing on a real bluetoothd: an Agent1 that answers as the simulated device, or its wearer, would.
import type { Message } from '@jellybrick/dbus-next';
import { AGENT } from '../bus/names.ts';
import { BusError, type BusObject, type Method } from '../bus/object-server.bluez.ts';

export const PAIRING_AGENT_PATH = '/org/vitalseal/agent';

export interface AnswerPairing {
  /** What the device has: `DisplayYesNo` for numeric comparison, `DisplayOnly`, `KeyboardOnly`, `NoInputNoOutput`. */
  readonly capability: string;
  /** The six digits that the device shows: does its wearer press yes? */
  readonly confirm?: (passkey: number) => boolean | Promise<boolean>;
  /** Told of the six digits that the device shows, to be entered at the other side. */
  readonly shown?: (passkey: number) => void;
  /** What the wearer types on the device. */
  readonly passkey?: () => number | Promise<number>;
}

/** `adapterPath`: of the device; bluetoothd also asks its default agent about links of other adapters, as of the gateway's. */
export function agentObject(adapterPath: string, { confirm, shown, passkey }: AnswerPairing): BusObject {
  const refused = () => new BusError('org.bluez.Error.Rejected', 'Rejected');
  const ask = (takes: string[], gives: string, call: (message: Message) => unknown): Method => ({
    ...{ takes, gives },
    call: (message) => {
      if (takes.length > 0 && !String(message.body[0]).startsWith(`${adapterPath}/`)) throw refused();
      return call(message);
    },
  });
  return {
    [AGENT]: {
      properties: {},
      methods: {
        Release: ask([], '', () => {}),
        Cancel: ask([], '', () => {}),
        RequestAuthorization: ask(['o'], '', () => {}),
        AuthorizeService: ask(['o', 's'], '', () => {}),
        DisplayPasskey: ask(['o', 'u', 'q'], '', ({ body }) => shown?.(body[1] as number)),
        RequestConfirmation: ask(['o', 'u'], '', async ({ body }) => {
          if (!(await confirm?.(body[1] as number))) throw refused();
        }),
        RequestPasskey: ask(['o'], 'u', () => {
          if (passkey === undefined) throw refused();
          return passkey();
        }),
      },
    },
  };
}
