// Stands for npm where deploy/ensure-installed.js is tried in a folder of its own.

/**
 * A program that runs in the project's folder: writes to `calls` how it was called, and leaves what `npm ci` leaves, the
 * project's Node and the programs of the folder `installed`, where that is there.
 */
export const FAKE_NPM = `
  import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
  appendFileSync('calls', process.argv[2] + '\\n');
  rmSync('node_modules', { recursive: true, force: true });
  mkdirSync('node_modules/.bin', { recursive: true });
  if (existsSync('installed')) cpSync('installed', 'node_modules/.bin', { recursive: true });
  symlinkSync(process.execPath, 'node_modules/.bin/node');
  cpSync('package-lock.json', 'node_modules/.package-lock.json');
`;
