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
/** What stands for itself in an address; nothing else is needed in a folder of our own. */
const PLAIN_PATH = /^[\w/.-]+$/;
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
  if (!PLAIN_PATH.test(socket)) throw new Error(`an address of D-Bus cannot hold this path: ${socket}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  rmSync(socket, { force: true });
  const config = join(dir, 'bus.conf');
  writeFileSync(config, configuration(socket), { mode: 0o600 });
  const daemon = [program, `--config-file=${config}`, '--nofork', '--nopidfile', '--print-pid=1'];
  const guard = spawn('/bin/sh', ['-c', GUARD, 'sh', ...daemon], { stdio: ['pipe', 'pipe', 'pipe'] });
  const gone = new Promise<void>((resolve) => guard.once('exit', () => resolve()));
  guard.stdin.on('error', () => {}); // it went first
  const pid = await ready(guard);
  return {
    address: `unix:path=${socket}`,
    pid,
    stop: async () => {
      guard.stdin.end();
      await gone;
      rmSync(socket, { force: true });
    },
  };
}

/** Runs the daemon until it ends by itself or our end of the pipe closes: also when this process is killed. */
const GUARD = `exec 3<&0
"$@" 3<&- &
daemon=$!
(read -r _ <&3; kill $daemon) >/dev/null 2>&1 &
guard=$!
wait $daemon
kill $guard 2>/dev/null`;

/** Resolves to the daemon's process when it has printed it: then it listens. */
function ready(guard: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => fail('it says nothing'), READY_MS);
    const fail = (why: string) => {
      clearTimeout(timer);
      guard.stdin?.end();
      reject(new Error(`dbus-daemon does not start: ${said.trim() || why}`));
    };
    guard.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-1000);
    });
    const ended = () => fail('it ended');
    guard.once('error', (error) => fail(error.message));
    guard.once('close', ended);
    guard.stdout?.once('data', (chunk: Buffer) => {
      clearTimeout(timer);
      guard.off('close', ended);
      resolve(Number.parseInt(String(chunk), 10));
    });
  });
}

/** No limit is named: those compiled in are the system bus's (512 match rules a connection). */
function configuration(socket: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>custom</type>
  <listen>unix:path=${socket}</listen>
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
