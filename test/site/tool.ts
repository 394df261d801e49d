// Programs that are not ours, against which we test. Missing: skipped with a printed reason; with CI=true, a failure.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The PATH, and where Debian keeps daemons, which is not on everybody's. */
export function toolPath(): string {
  return [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin'].join(delimiter);
}

/** Whether `name` is on the PATH; `from` says which package has it. Throws under CI=true when it is missing. */
export function hasTool(name: string, from: string): boolean {
  const found = toolPath()
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  if (found) return true;
  if (process.env.CI === 'true') throw new Error(`${name} is missing: install ${from}`);
  console.warn(`skipped: ${name} is missing (install ${from})`);
  return false;
}
