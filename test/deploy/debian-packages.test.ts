import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../deploy/debian-packages.js', import.meta.url));
/** Those that Debian puts into /usr/bin; a daemon in /usr/sbin is found whatever the PATH. */
const PROGRAMS = ['mosquitto_pub', 'dbus-daemon', 'qemu-system-x86_64', 'mmdebstrap'];
let bin: string;

function program(name: string, text = ''): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${text}`);
  chmodSync(join(bin, name), 0o755);
}

function run(environment: Record<string, string> = {}) {
  return spawnSync(process.execPath, [script], { encoding: 'utf8', env: { PATH: bin, ...environment } });
}

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'vitalseal-bin-'));
  for (const name of ['mosquitto', ...PROGRAMS]) program(name);
});
afterEach(() => rmSync(bin, { recursive: true }));

describe('deploy/debian-packages.js', () => {
  it('does nothing where nothing is missing', () => {
    program('apt-get', 'exit 1');
    expect(run({ CI: 'true' })).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it.runIf(process.getuid?.() === 0)('asks apt for the packages of what is missing, for nothing else', () => {
    rmSync(join(bin, 'mosquitto_pub'));
    rmSync(join(bin, 'dbus-daemon'));
    program('apt-get', 'echo "$DEBIAN_FRONTEND $@" >&2');
    const { status, stderr } = run({ CI: 'true' });
    expect(status).toBe(0);
    expect(stderr).toBe('noninteractive -q install -y --no-install-recommends mosquitto-clients dbus\n');
  });

  it.runIf(process.arch === 'x64')('says what is skipped when it cannot install; with CI=true it fails', () => {
    rmSync(join(bin, 'mmdebstrap'));
    program('apt-get', 'exit 100');
    const skipped = run({ CI: '' });
    expect(skipped.status).toBe(0);
    expect(skipped.stderr).toMatch(/mmdebstrap missing \(.+\); the tests that use them are skipped/);
    expect(run({ CI: 'true' })).toMatchObject({ status: 1, stderr: expect.stringContaining('CI needs them') });
  });
});
