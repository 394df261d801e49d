import { isVitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { SAMPLE_CONFIG } from './sample.ts';
import { suggest } from './suggest.ts';

function failure(source: string): string {
  try {
    parseConfig(source, 'agent.toml');
  } catch (error) {
    if (isVitalsealError(error, 'config_invalid')) return error.message;
    throw error;
  }
  throw new Error('accepted');
}

describe('the configuration', () => {
  it('has defaults for everything', () => {
    const config = parseConfig('', 'agent.toml');
    expect(config.mqtt.listen).toBe('127.0.0.1:1883');
    expect(config.batch.max_age_seconds).toBe(300);
    expect(config.spool.megabytes).toBeUndefined();
  });

  it('is frozen', () => {
    const config = parseConfig('', 'agent.toml');
    expect(Object.isFrozen(config) && Object.isFrozen(config.mqtt)).toBe(true);
  });

  it('is what the sample says, and the sample shows the defaults', () => {
    const bare = parseConfig(SAMPLE_CONFIG, 'agent.toml');
    expect(bare).toEqual(parseConfig('', 'agent.toml'));
    const spoken = SAMPLE_CONFIG.replaceAll(/^# (\[[a-z]+\]$|[a-z_]+ = )/gm, '$1');
    const config = parseConfig(spoken, 'agent.toml');
    expect(config.batch).toEqual(bare.batch);
    expect(config.log).toEqual(bare.log);
    expect(config.facility.url).toBe('https://facility.example:8443');
    expect(bare.ble).toEqual({ adapter: 'hci0', max_connections: 5 });
    expect(config.ble).toEqual({ ...bare.ble, enabled: true, bus: 'unix:path=/run/dbus/system_bus_socket' });
  });

  it.each([
    [
      '[batch]\nmax_age_seconds = "5 min"',
      'agent.toml: batch.max_age_seconds: expected a whole number from 1 to 86400, found "5 min"',
    ],
    [
      '[batch]\nmax_age_seconds = 0',
      'agent.toml: batch.max_age_seconds: expected a whole number from 1 to 86400, found 0',
    ],
    [
      '[batch]\nmax_readings = 1.5',
      'agent.toml: batch.max_readings: expected a whole number from 1 to 10000, found 1.5',
    ],
    [
      '[mqtt]\nlisten = "1883"',
      'agent.toml: mqtt.listen: expected HOST:PORT, for example "127.0.0.1:1883", found "1883"',
    ],
    ['[mqtt]\nlisten = "a:70000"', 'agent.toml: mqtt.listen: expected a port of at most 65535, found "a:70000"'],
    [
      '[mqtt]\nmax_payload_bytes = 300000',
      'agent.toml: mqtt.max_payload_bytes: expected a whole number from 256 to 262144, found 300000',
    ],
    ['[mqtt]\nlistn = "a:1"', 'agent.toml: mqtt.listn: unknown key; did you mean listen?'],
    [
      '[ble]\nadapter = "/dev/x"',
      'agent.toml: ble.adapter: expected the name of an adapter, for example "hci0", found "/dev/x"',
    ],
    ['[ble]\nmax_connections = 65', 'agent.toml: ble.max_connections: expected a whole number from 1 to 64, found 65'],
    ['[ble]\nenabled = 1', 'agent.toml: ble.enabled: expected true or false, found 1'],
    [
      '[ble]\nbus = "/run/dbus/system_bus_socket"',
      'agent.toml: ble.bus: expected a D-Bus address, for example "unix:path=/run/dbus/system_bus_socket", found "/run/dbus/system_bus_socket"',
    ],
    ['[bacth]\n', 'agent.toml: bacth: unknown key; did you mean batch?'],
    ['[whatever]\n', 'agent.toml: whatever: unknown key; one of mqtt, ble, batch, spool, facility, log'],
    ['mqtt = 3', 'agent.toml: mqtt: expected a table, found 3'],
    [
      '[log]\nlevel = "loud"',
      'agent.toml: log.level: expected "error", "warn", "info", "debug" or "silent", found "loud"',
    ],
    [
      '[mqtt]\ncertificate = "a"',
      'agent.toml: mqtt.private_key: expected certificate and private_key together, found only one of them',
    ],
    [
      '[facility]\nurl = "ftp://x"',
      'agent.toml: facility.url: expected an http:// or https:// address, found "ftp://x"',
    ],
  ])('explains %j', (source, message) => {
    expect(failure(source)).toBe(message);
  });

  it('names line and column of a syntax error', () => {
    expect(failure('[mqtt]\nlisten = \n')).toMatch(/^agent\.toml: line 2, column \d+: expected TOML, found /);
  });
});

describe('suggest', () => {
  it('finds a near name, and no far one', () => {
    expect(suggest('lisen', ['listen', 'level'])).toBe('listen');
    expect(suggest('x', ['listen', 'level'])).toBeNull();
  });
});
