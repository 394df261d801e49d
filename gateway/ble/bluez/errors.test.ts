import { isErrorCode, VitalsealError } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asRadioError, codeOf, HostError, isAlready, isInProgress, LOST, type Operation, TIMEOUT } from './errors.ts';

const BLUEZ = 'org.bluez.Error.';
const DBUS = 'org.freedesktop.DBus.Error.';

describe('errors of BlueZ', () => {
  it.each<[Operation, string, string, string]>([
    ['connect', TIMEOUT, '', 'radio_timeout'],
    ['gatt', LOST, '', 'radio_unavailable'],
    ['host', `${DBUS}ServiceUnknown`, '', 'radio_unavailable'],
    ['gatt', `${DBUS}NoReply`, '', 'radio_unavailable'],
    ['host', `${BLUEZ}InProgress`, '', 'radio_unavailable'],
    ['connect', `${DBUS}UnknownObject`, '', 'device_gone'],
    ['gatt', `${DBUS}UnknownMethod`, '', 'device_gone'],
    ['host', `${DBUS}UnknownObject`, '', 'radio_unavailable'],
    ['connect', `${BLUEZ}Failed`, 'le-connection-abort-by-local', 'device_gone'],
    ['connect', `${BLUEZ}Failed`, 'Software caused connection abort', 'device_gone'],
    ['connect', `${BLUEZ}AuthenticationFailed`, '', 'pairing_needed'],
    ['pair', `${BLUEZ}AuthenticationFailed`, '', 'pairing_failed'],
    ['pair', `${BLUEZ}AuthenticationCanceled`, '', 'pairing_failed'],
    ['pair', `${BLUEZ}InProgress`, '', 'pairing_busy'],
    ['pair', `${BLUEZ}Failed`, 'le-connection-abort-by-local', 'device_gone'],
    ['gatt', `${BLUEZ}NotPermitted`, 'Not paired', 'pairing_needed'],
    ['gatt', `${BLUEZ}NotAuthorized`, 'Operation Not Authorized', 'pairing_needed'],
    ['gatt', `${BLUEZ}NotPermitted`, 'Write not permitted', 'device_refused'],
    ['gatt', `${BLUEZ}Failed`, 'Operation failed with ATT error: 0x0f', 'pairing_needed'],
    ['gatt', `${BLUEZ}Failed`, 'Operation failed with ATT error: 0x80', 'device_refused'],
    ['gatt', `${BLUEZ}Failed`, 'Not connected', 'device_gone'],
    ['gatt', `${BLUEZ}NotConnected`, '', 'device_gone'],
    ['gatt', `${BLUEZ}InvalidArguments`, '', 'device_refused'],
  ])('of a %s: %s (%s) is %s', (operation, error, text, code) => {
    expect(codeOf(error, text, operation)).toBe(code);
  });

  it('every error has a code of the registry, whatever it says', () => {
    const operations = fc.constantFrom<Operation>('host', 'connect', 'pair', 'gatt');
    fc.assert(
      fc.property(fc.string(), fc.string(), operations, (error, text, operation) => {
        expect(isErrorCode(codeOf(error, text, operation))).toBe(true);
      }),
    );
  });

  it('keeps what is ours, and says nothing of the host’s words', () => {
    const own = new VitalsealError('pairing_busy');
    expect(asRadioError(own, 'pair')).toBe(own);
    expect(asRadioError(new Error('?'), 'pair').code).toBe('radio_unavailable');
    expect(asRadioError(new HostError(`${BLUEZ}Failed`, 'secret'), 'gatt').message).not.toContain('secret');
  });

  it('knows what is done already, and what somebody else is doing', () => {
    expect(isAlready(new HostError(`${BLUEZ}AlreadyConnected`))).toBe(true);
    expect(isAlready(new HostError(`${BLUEZ}Failed`))).toBe(false);
    expect(isInProgress(new HostError(`${BLUEZ}InProgress`))).toBe(true);
    expect(isInProgress(new Error(`${BLUEZ}InProgress`))).toBe(false);
  });
});
