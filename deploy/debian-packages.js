// Installs the Debian packages that some tests run against (programs that are not ours). Only root can; anyone else is
// told which tests will be skipped. With CI=true a missing program is a failure: there, nothing may be skipped.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program → the Debian package that brings it. The virtual machine with a radio runs the Node of this machine: x64 only. */
const PROGRAMS = {
  mosquitto: 'mosquitto',
  mosquitto_pub: 'mosquitto-clients',
  'dbus-daemon': 'dbus',
  ...(process.arch === 'x64' ? { 'qemu-system-x86_64': 'qemu-system-x86', mmdebstrap: 'mmdebstrap' } : {}),
};

// Debian keeps daemons in sbin, which is not on everybody's PATH.
const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing() {
  return Object.keys(PROGRAMS).filter((name) => !places.some((place) => isExecutable(join(place, name))));
}

/** @returns why nothing was installed, or null */
function install(names) {
  if (process.getuid?.() !== 0) return 'only root can install Debian packages';
  if (!places.some((place) => isExecutable(join(place, 'apt-get')))) return 'this is not Debian';
  const packages = names.map((name) => PROGRAMS[name]);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => spawnSync('apt-get', ['-q', ...args], { env, stdio: ['ignore', 2, 2] }).status === 0;
  const done = () => apt('install', '-y', '--no-install-recommends', ...packages);
  return done() || (apt('update') && done()) ? null : 'apt-get failed; its reason stands above';
}

const wanted = missing();
const reason = wanted.length === 0 ? null : install(wanted);
if (reason) {
  const inCi = process.env.CI === 'true';
  process.stderr.write(
    `vitalseal: ${wanted.join(', ')} missing (${reason}); ${inCi ? 'CI needs them' : 'the tests that use them are skipped'}\n`,
  );
  if (inCi) process.exit(1);
}
