import { expect, it, onTestFinished } from 'vitest';
import { live, temporaryFolder } from '../vault/core.testing.ts';
import { recordCursors } from './cursors.ts';

it('keeps a cursor for each device across lives, until the device is removed', async () => {
  const folder = temporaryFolder(onTestFinished);
  const open = () => {
    const { core } = live(folder);
    const vault = {
      meta: async (key: string) => core.meta(key),
      setMeta: async (rows: object) => core.setMeta({ ...rows }),
    };
    return { core, cursors: recordCursors(vault) };
  };
  const first = open();
  await first.cursors.save('meter-1', Uint8Array.of(1, 2));
  await first.cursors.save('meter-2', Uint8Array.of(3));
  await first.core.close();
  const second = open();
  await second.cursors.save('meter-1', Uint8Array.of(9));
  await second.cursors.remove('meter-2');
  await second.core.close();
  const third = open();
  expect(await third.cursors.load('meter-1')).toEqual(Buffer.of(9));
  expect(await third.cursors.load('meter-2')).toBeNull();
  expect(await third.cursors.load('meter-3')).toBeNull();
  await third.core.close();
});
