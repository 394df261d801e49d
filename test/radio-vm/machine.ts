// The virtual machine: builds its image where that is missing, boots it with the project's folder shared read-only, and
// gives back what the guest printed. The machine ends by itself, and is killed when it does not.

import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const BUILD = fileURLToPath(new URL('build-image.sh', import.meta.url));

/** The folder of the image. Throws with the reason in words when it can be neither found nor built. */
export async function findImage(): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', [BUILD], { timeout: 300_000 });
  return stdout.trim();
}

/** What may run in the guest. */
const SOURCES = '{ledger,gateway,agent,facility,wallet,cli,firmware-sim,test/site,test/radio-vm}/**/*.ts';

export interface Boot {
  readonly image: string;
  /** A program of the project for the guest's Node, by its path in the project. */
  readonly program: string;
  /** The guest ends itself after so long; the host ends it a little later. */
  readonly seconds: number;
}

/** Boots, waits for the end, and returns what was said on the console. */
export async function bootGuest(boot: Boot): Promise<string[]> {
  const stripped = mkdtempSync(join(tmpdir(), 'vitalseal-stripped-'));
  try {
    strip(stripped);
    // Where KVM is there but does not work, qemu ends before the guest has said a word.
    const said = hasKvm() ? await run(boot, stripped, 'kvm') : [];
    return said.length > 0 ? said : await run(boot, stripped, 'tcg,thread=multi');
  } finally {
    rmSync(stripped, { recursive: true });
  }
}

/** The project's sources without their types, for guest/stripped.js. */
function strip(into: string): void {
  for (const file of globSync(SOURCES, { cwd: root })) {
    if (file.includes('node_modules') || file.endsWith('.test.ts')) continue;
    const target = join(into, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, stripTypeScriptTypes(readFileSync(join(root, file), 'utf8')));
  }
}

function hasKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function run({ image, program, seconds }: Boot, stripped: string, accelerator: string): Promise<string[]> {
  const kernel = `console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off run=${program} seconds=${seconds}`;
  const share = (tag: string, path: string) =>
    `local,path=${path.replaceAll(',', ',,')},mount_tag=${tag},security_model=none,readonly=on`;
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...[
        '-accel',
        accelerator,
        '-M',
        'pc',
        '-cpu',
        accelerator === 'kvm' ? 'host' : 'Westmere,+rdrand',
        '-smp',
        '2',
        '-m',
        '512',
      ],
      ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
      ...['-virtfs', share('project', root), '-virtfs', share('stripped', stripped)],
      ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initramfs'), '-append', kernel],
    ],
    { stdio: ['ignore', 'pipe', accelerator === 'kvm' ? 'ignore' : 'inherit'] },
  );
  const kill = () => qemu.kill('SIGKILL');
  process.once('exit', kill);
  const timer = setTimeout(kill, (seconds + 15) * 1000);
  const lines: string[] = [];
  createInterface(qemu.stdout).on('line', (line) => lines.push(line));
  await new Promise((resolve, reject) => qemu.once('error', reject).once('close', resolve)).finally(() => {
    clearTimeout(timer);
    process.off('exit', kill);
  });
  return lines;
}
