// A fake BlueZ as a process of its own: options as JSON in the first argument, controls over the channel of its parent. Ends
// with its parent.
import type { Answer, ProcessOptions, Request } from './control.ts';
import { type FakeBluez, startFakeBluez } from './fake-bluez.bluez.ts';

const answer = (message: Answer) => process.send?.(message);
const failed = (id: number, error: unknown) =>
  answer({ id, error: error instanceof Error ? error.message : String(error) });

process.once('disconnect', () => process.exit(0));
try {
  const bluez = await startFakeBluez(JSON.parse(process.argv[2] ?? '') as ProcessOptions);
  process.on('message', (request: Request) => {
    perform(bluez, request).then(
      (value) => answer({ id: request.id, value }),
      (error: unknown) => failed(request.id, error),
    );
  });
  answer({ id: 0 });
} catch (error) {
  failed(0, error);
}

async function perform(bluez: FakeBluez, { control, args }: Request): Promise<unknown> {
  const method = bluez[control] as (...args: readonly unknown[]) => unknown;
  return await method.apply(bluez, [...args]);
}
