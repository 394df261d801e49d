// Runs a command after making sure that node_modules is what package-lock.json says: `npm start` on a fresh clone.
// Plain JavaScript without a dependency, since it runs on whatever Node (18 or newer) the machine has.
//   node deploy/ensure-installed.js [COMMAND [ARGUMENT…]]
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { constants as os } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');

/** npm writes its own record of an install last, so a half-finished one has none. */
function isInstalled() {
  try {
    const wanted = packagesOf(join(root, 'package-lock.json'));
    const found = packagesOf(join(root, 'node_modules', '.package-lock.json'));
    accessSync(join(bin, 'node'), constants.X_OK);
    return Object.entries(wanted).every(
      ([path, { version, optional, link }]) =>
        !path.startsWith('node_modules/') ||
        (optional && !found[path]) ||
        (found[path] && (link || found[path].version === version)),
    );
  } catch {
    return false;
  }
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

/** npm's own output goes to stderr, so that stdout stays the command's. */
function install() {
  process.stderr.write('vitalseal: installing what is missing (npm ci), once; this takes a minute\n');
  const npm = process.env.npm_execpath;
  // Its warnings say that this Node is too old for some packages; they will run on the Node that is being installed.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const { status, error } = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, options);
  if (status !== 0) {
    process.stderr.write(`vitalseal: npm ci failed${error ? `: ${error.message}` : ''}; its reason stands above\n`);
    process.exit(status ?? 1);
  }
}

/** In the foreground, with the same terminal; its exit code becomes ours. */
function run(command, args) {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(command, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child as well; a second one would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`vitalseal: cannot run ${command}: ${error.message}\n`);
    process.exit(127);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + os.signals[signal]));
}

if (!isInstalled()) install();
const [command, ...args] = process.argv.slice(2);
if (command) run(command, args);
