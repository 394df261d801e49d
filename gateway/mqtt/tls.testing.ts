// A self-signed certificate for 127.0.0.1, made anew for each test run: no key is kept in the repository.
import { generateKeyPairSync, sign } from 'node:crypto';

const SEQUENCE = 0x30;
const SET = 0x31;
const ECDSA_SHA256 = der(SEQUENCE, Buffer.from('06082a8648ce3d040302', 'hex'));

/** PEM certificate and key (ECDSA P-256, X.509 v3 with the address as a subject alternative name). */
export function selfSigned(): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, Buffer.from('0603550403', 'hex'), text(0x0c, 'vitalseal test'))));
  const year = new Date().getUTCFullYear() % 100;
  const dates = der(SEQUENCE, text(0x17, `${year - 1}0101000000Z`), text(0x17, `${year + 1}1231235959Z`));
  const addresses = der(SEQUENCE, der(0x87, Buffer.of(127, 0, 0, 1)), text(0x82, 'localhost'));
  const extension = der(SEQUENCE, Buffer.from('0603551d11', 'hex'), der(0x04, addresses));
  const body = der(
    SEQUENCE,
    der(0xa0, Buffer.from('020102', 'hex')),
    Buffer.from('020101', 'hex'),
    ECDSA_SHA256,
    name,
    dates,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, extension)),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = der(SEQUENCE, body, ECDSA_SHA256, der(0x03, Buffer.of(0), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function text(tag: number, value: string): Buffer {
  return der(tag, Buffer.from(value));
}

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}
