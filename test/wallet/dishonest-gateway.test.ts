// What a gateway that the owner delegated to, and that the ledger lets register, can make a reader believe: nothing.
import { join } from 'node:path';
import { type Facility, initFacility, runFacility } from '@vitalseal/facility';
import { type Address, parseAddress } from '@vitalseal/ledger';
import { initWallet, readRecords } from '@vitalseal/wallet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpTransport } from '../../wallet/facility.http.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { freePort } from '../site/ports.ts';
import { reading, SmallGateway } from './gateway.testing.ts';

let folder: TemporaryFolder;
let facility: Facility;
let identity: string;
let owner: Address;

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  const dir = join(folder.dir, 'facility');
  await initFacility({ dir });
  facility = await runFacility({ dir, listen: { host: '127.0.0.1', port: await freePort() } });
  const code = facility.invite({ role: 'patient' });
  const made = await initWallet({ dir: join(folder.dir, 'wallet'), facilityUrl: facility.url, code });
  identity = made.identity;
  owner = parseAddress(made.address);
}, 30_000);

afterAll(async () => {
  await facility?.stop();
  await folder?.remove();
});

async function newGateway(): Promise<SmallGateway> {
  const gateway = new SmallGateway(httpTransport(facility.url), facility.origin);
  await gateway.enrol(facility.invite({ role: 'gateway' }), owner);
  return gateway;
}

/** Code and message of the newest record, which must not have been read. */
async function newest() {
  const { unread } = await readRecords({ identity, facilityUrl: facility.url, wish: 'all' });
  return unread.toSorted((a, b) => a.index - b.index).at(-1);
}

it('not that a document holds readings, nor that it is damaged', async () => {
  const gateway = await newGateway();
  await gateway.openEpoch(owner);
  await gateway.register(owner, [reading(1, 0)], { contentType: 'application/pdf' });
  expect(await newest()).toMatchObject({ code: 'payload_unsupported' });
});

it('not that an envelope holds the secret of the epoch, when it holds another one', async () => {
  const gateway = await newGateway();
  await gateway.openEpoch(owner, undefined, new Uint8Array(32).fill(1));
  await gateway.register(owner, [reading(1, 0)]);
  const message = expect.stringContaining('secret of another epoch');
  expect(await newest()).toMatchObject({ code: 'envelope_invalid', message });
});

it('not that a blob has another size, or a record another place in its epoch', async () => {
  const gateway = await newGateway();
  await gateway.openEpoch(owner);
  await gateway.register(owner, [reading(1, 0)], { blobSize: 1 });
  expect(await newest()).toMatchObject({ code: 'blob_damaged' });
  await gateway.register(owner, [reading(2, 0)], { index: 7 });
  expect(await newest()).toMatchObject({ code: 'blob_damaged' });
});
