import type { RadioFault, RadioFaultCode } from '@vitalseal/gateway';
import { expect, it } from 'vitest';
import { radioWords } from './fault.ts';

const fault = (code: RadioFaultCode, adapters: string[] = []): RadioFault => ({
  ...{ fault: code, bus: 'unix:path=/run/bus', adapter: 'hci1', adapters },
});

it.each([
  [fault('no-bus'), 'unix:path=/run/bus'],
  [fault('no-host'), 'sudo systemctl start bluetooth'],
  [fault('denied'), 'usermod -aG bluetooth'],
  [fault('silent'), 'sudo systemctl restart bluetooth'],
  [fault('no-adapter'), 'plug one in'],
  [fault('no-adapter', ['hci0']), 'no adapter hci1, but hci0: [ble] adapter = "hci0" in agent.toml'],
  [fault('no-adapter', ['hci0', 'hci2']), 'no adapter hci1, but hci0, hci2: [ble] adapter in agent.toml'],
  [fault('blocked', ['hci1']), 'hci1 is blocked: sudo rfkill unblock bluetooth'],
  [fault('off', ['hci1']), 'hci1 is off'],
  [{ fault: 'disabled' } as const, 'enabled = false'],
])('%j has words of its own that say what to do', (standing, words) => {
  expect(radioWords(standing)).toContain(words);
});
