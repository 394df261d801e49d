// The turn in a real folder: its lock, and the control socket that says who runs there.
import { answersControl, askControl } from './control.socket.ts';
import { type FolderLock, lockFolder } from './lock.sqlite.ts';
import { askOrTakeTurn, takeTurn } from './turn.ts';

/** The lock of `dir`. Throws `folder_locked`: at once when a facility runs there, else after some seconds. */
export function takeFolder(dir: string): Promise<FolderLock> {
  return takeTurn(
    () => lockFolder(dir),
    () => answersControl(dir),
  );
}

/**
 * What the facility that runs in `dir` answers to `command`, or the lock of `dir` when none runs. Throws as both, and what
 * `setUp` throws for a folder that holds none: no file is made by looking into it.
 */
export function askOrTakeFolder(dir: string, command: string, parameters: object, setUp: () => void) {
  const lock = () => {
    setUp();
    return lockFolder(dir);
  };
  return askOrTakeTurn(() => askControl(dir, command, parameters), lock);
}
