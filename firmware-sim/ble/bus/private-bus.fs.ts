// A D-Bus daemon of one's own, with the limits that every system bus has, so that a fake BlueZ can be spoken to where there
// is no Bluetooth, and tests meet the limits that the gateway will meet.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PrivateBus {
  /** For a D-Bus library: `unix:path=…`. */
  readonly address: string;
  readonly pid: number;
  /** Kills the daemon; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Where distributions keep the daemon. */
const PROGRAMS = ['/usr/bin/dbus-daemon', '/usr/local/bin/dbus-daemon', '/bin/dbus-daemon'];
/** A longer path than this fits no socket address. */
const LONGEST_PATH = 100;
const READY_MS = 5000;

/** Path of the D-Bus daemon; null when this machine has none. */
export function busProgram(): string | null {
  return (
    PROGRAMS.find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }) ?? null
  );
}

/** Starts a daemon whose socket and configuration lie in `dir`, which must have a short path. Throws Error when it cannot. */
export async function startPrivateBus(dir: string): Promise<PrivateBus> {
  const program = busProgram();
  if (program === null) throw new Error('no dbus-daemon on this machine');
  const socket = join(dir, 'bus');
  if (socket.length > LONGEST_PATH) throw new Error(`the path of the socket is too long: ${socket}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  rmSync(socket, { force: true });
  const config = join(dir, 'bus.conf');
  writeFileSync(config, configuration(socket), { mode: 0o600 });
  const daemon = spawn(program, [`--config-file=${config}`, '--nofork', '--nopidfile', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => daemon.once('close', () => resolve()));
  await ready(daemon);
  return {
    address: `unix:path=${socket}`,
    pid: daemon.pid as number,
    stop: async () => {
      daemon.kill('SIGTERM');
      await gone;
      rmSync(socket, { force: true });
    },
  };
}

/** Resolves when the daemon has printed its address: then it listens. */
function ready(daemon: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => fail('it says nothing'), READY_MS);
    const fail = (why: string) => {
      clearTimeout(timer);
      daemon.kill('SIGKILL');
      reject(new Error(`dbus-daemon does not start: ${said.trim() || why}`));
    };
    daemon.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-1000);
    });
    daemon.once('error', (error) => fail(error.message));
    daemon.once('exit', () => fail('it ended'));
    daemon.stdout?.once('data', () => {
      clearTimeout(timer);
      daemon.removeAllListeners('exit');
      resolve();
    });
  });
}

/** No limit is named: those compiled in are the system bus's (512 match rules a connection). */
function configuration(socket: string): string {
  const path = socket.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>custom</type>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="false"/>
    <allow receive_sender="*"/>
    <allow send_interface="org.freedesktop.DBus.Debug.Stats"/>
  </policy>
</busconfig>
`;
}
