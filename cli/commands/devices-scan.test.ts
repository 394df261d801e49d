import type { ListedSighting } from '@vitalseal/agent';
import { describe, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { DATA } from './agent-folder.ts';
import { adding, liveTable, signalOf } from './devices-scan.ts';

const here = { data: DATA };
const heard: ListedSighting = {
  ...{ address: 'C0:26:DA:01:02:03', addressType: 'public', name: null, rssi: -50, services: [], what: null },
  ...{ paired: false, connected: false, device: null },
};

it('shows a signal in dBm and bars', () => {
  expect([-40, -60, -80, -100, null].map(signalOf)).toEqual([
    ' -40 dBm ▂▄▆█',
    ' -60 dBm ▂▄▆ ',
    ' -80 dBm ▂▄  ',
    '-100 dBm ▂   ',
    'linked',
  ]);
});

describe('the command that adds a device', () => {
  it('names its address while that stays', () => {
    expect(adding(heard, here)).toBe('npx vitalseal agent devices add NAME --ble C0:26:DA:01:02:03');
    expect(adding({ ...heard, addressType: 'random' }, { data: 'my site/agent' })).toBe(
      "npx vitalseal agent devices add NAME --ble C0:26:DA:01:02:03 --data 'my site/agent'",
    );
  });

  it('names its name when the address rotates, unless that name could do something in a shell', () => {
    const rotating = { ...heard, address: '4F:26:DA:01:02:03', addressType: 'random' as const };
    expect(adding({ ...rotating, name: 'Strap 7' }, { data: 'site/agent' })).toBe(
      "npx vitalseal agent devices add NAME --ble-name 'Strap 7' --data site/agent",
    );
    for (const name of [null, "x'; reboot #", '$(reboot)', '`reboot`'])
      expect(adding({ ...rotating, name }, here)).toBe('changes its address, and says no name');
  });
});

it('redraws the live table in place, within the width, and says how many do not fit', () => {
  const recorded = recordingIo();
  const show = liveTable(recorded.io, { data: 'a/folder/that/makes/the/command/longer/than/a/line' });
  show(Array.from({ length: 30 }, (_, n) => ({ ...heard, rssi: -50 - n, name: n === 0 ? 'a\u001b[2Jb' : null })));
  const first = recorded.stdout();
  const lines = first.replaceAll('\u001b[K', '').split('\n');
  expect(lines.at(-2)).toBe('30 devices, the 12 weakest not shown; Ctrl-C ends');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
  expect(first).not.toContain('\u001b[2J');
  show([{ ...heard, what: 'thermometer' }]);
  expect(recorded.stdout()).toContain(
    '\nnpx vitalseal agent devices add NAME --ble C0:26:DA:01:02:03 --data a/folder/that/makes/the/command/longer/than/a/line\u001b[K\n',
  );
  expect(recorded.stdout().slice(first.length).startsWith('\u001b[20F')).toBe(true);
  const second = recorded.stdout();
  // BlueZ remembers how strong it was before it was linked.
  show([{ ...heard, connected: true }]);
  expect(recorded.stdout()).toMatch(/linked +C0:26:DA:01:02:03/);
  // Header, row, the command on two rows, count.
  expect(recorded.stdout().slice(second.length).startsWith('\u001b[5F')).toBe(true);
});
