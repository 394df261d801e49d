// A person at a real facility: registered through every interruption, and reading what a gateway sealed, whatever the
// facility does to it meanwhile.
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { type Facility, initFacility, runFacility } from '@vitalseal/facility';
import {
  type Address,
  FacilityClient,
  generateRecipientKey,
  parseAddress,
  parseIdentity,
  policyHash,
  type Transport,
  toHex,
  verifyExistence,
} from '@vitalseal/ledger';
import { initWallet, type ReadOutcome, readRecords } from '@vitalseal/wallet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EnrolFolder, enrolPerson } from '../../wallet/enrol/enrol.ts';
import { httpTransport } from '../../wallet/facility.http.ts';
import { readRecords as readWith } from '../../wallet/reading/read.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { freePort } from '../site/ports.ts';
import { reading, SmallGateway } from './gateway.testing.ts';

let folder: TemporaryFolder;
let facility: Facility;

const invite = (role: 'patient' | 'gateway') => facility.invite({ role });
const wallet = (name: string) => join(folder.dir, name);

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  const dir = join(folder.dir, 'facility');
  await initFacility({ dir });
  facility = await runFacility({ dir, listen: { host: '127.0.0.1', port: await freePort() } });
}, 30_000);

afterAll(async () => {
  await facility?.stop();
  await folder?.remove();
});

/** A folder in memory that loses power at the n-th write: before it, or after it was done. */
class PowerCutFolder implements EnrolFolder {
  readonly files = new Map<string, string>();
  cutAt = Number.POSITIVE_INFINITY;
  persisted = false;
  #writes = 0;

  identity = async () => this.files.get('identity') ?? null;
  pending = async () => this.files.get('pending') ?? null;
  writePending = (text: string) => this.#write('pending', text);
  async finish(identity: string, recovery: string) {
    await this.#write('recovery', recovery);
    await this.#write('identity', identity);
    await this.#write('pending', null);
  }

  async #write(name: string, text: string | null) {
    const cut = this.#writes++ === this.cutAt;
    if (!cut || this.persisted) {
      if (text === null) this.files.delete(name);
      else this.files.set(name, text);
    }
    if (cut) throw new Error('power cut');
  }
}

describe('a person is registered', () => {
  it('with an identity of mode 0600, a recovery key and nothing left over', async () => {
    const made = await initWallet({ dir: wallet('ada'), facilityUrl: facility.url, code: invite('patient') });
    expect((await stat(made.identity)).mode & 0o777).toBe(0o600);
    expect((await stat(made.recovery)).mode & 0o777).toBe(0o600);
    expect((await readdir(wallet('ada'))).sort()).toEqual(['identity', 'recovery']);
    expect(await readFile(made.identity, 'utf8')).toContain(`# address: ${made.address}`);
    const again = initWallet({ dir: wallet('ada'), facilityUrl: facility.url, code: invite('patient') });
    await expect(again).rejects.toMatchObject({ code: 'folder_exists' });
  });

  const steps = ['keys', 'entry', 'recovery', 'identity', 'end of the enrolment'];
  it.each(
    steps.flatMap((name, cutAt) => [
      { name, cutAt, persisted: false, outcome: 'lost' },
      { name, cutAt, persisted: true, outcome: 'written' },
    ]),
  )('once, when the power is cut and the $name was $outcome', async ({ cutAt, persisted }) => {
    const before = facility.status().entries;
    const transport = httpTransport(facility.url);
    const options = {
      code: invite('patient'),
      role: 'patient' as const,
      client: (origin?: string) => new FacilityClient(transport, origin),
    };
    const memory = new PowerCutFolder();
    Object.assign(memory, { cutAt, persisted });
    await expect(enrolPerson(memory, options)).rejects.toThrow('power cut');
    const ended = cutAt === 4 && persisted;
    if (ended) await expect(enrolPerson(memory, options)).rejects.toMatchObject({ code: 'folder_exists' });
    else await enrolPerson(memory, options);
    // Keys that were never written down never reached the ledger.
    expect(facility.status().entries).toBe(before + 1);
    expect([...memory.files.keys()].sort()).toEqual(['identity', 'recovery']);
  });

  it('under the policy of the invite that it ends with, whatever it began with', async () => {
    const transport = httpTransport(facility.url);
    const client = (origin?: string) => new FacilityClient(transport, origin);
    const options = { code: invite('patient'), role: 'patient' as const, client };
    const memory = Object.assign(new PowerCutFolder(), { cutAt: 1 });
    await expect(enrolPerson(memory, options)).rejects.toThrow('power cut');
    const begun = memory.files.get('pending') as string;
    memory.files.set('pending', begun.replace(/("policyHash": )"[0-9a-f]{64}"/, `$1"${'00'.repeat(32)}"`));
    await enrolPerson(memory, options);
    const { policy } = parseIdentity(memory.files.get('identity') as string);
    expect(toHex(policy)).toBe(toHex(policyHash(await client().policy())));
  });

  it('once, when any request or its answer is lost', async () => {
    for (let lostAt = 0; lostAt < 5; lostAt++) {
      for (const carried of [false, true]) {
        let requests = 0;
        const whole = httpTransport(facility.url);
        const lossy: Transport = async (ask) => {
          const lost = requests++ === lostAt;
          const answer = !lost || carried ? await whole(ask) : null;
          if (lost || answer === null) throw new Error('connection lost');
          return answer;
        };
        const before = facility.status().entries;
        const memory = new PowerCutFolder();
        const options = {
          code: invite('patient'),
          role: 'patient' as const,
          client: (origin?: string) => new FacilityClient(lossy, origin),
        };
        await expect(enrolPerson(memory, options)).rejects.toMatchObject({ code: 'facility_unreachable' });
        await enrolPerson(memory, options);
        expect(facility.status().entries).toBe(before + 1);
      }
    }
  });

  it('never with another’s invite, another facility’s policy or a used code', async () => {
    const place = { facilityUrl: facility.url };
    const code = invite('gateway');
    await expect(initWallet({ ...place, dir: wallet('b'), code })).rejects.toMatchObject({
      code: 'invite_refused',
      message: expect.stringMatching(/not for a patient: .*--role/),
    });
    await expect(initWallet({ ...place, dir: wallet('c'), code: 'vsi1x' })).rejects.toMatchObject({
      code: 'invite_invalid',
    });
    const used = invite('patient');
    await initWallet({ ...place, dir: wallet('d'), code: used });
    await expect(initWallet({ ...place, dir: wallet('e'), code: used })).rejects.toMatchObject({
      code: 'invite_refused',
    });
    // A refused invite leaves keys, and another invite takes them up, of another facility too.
    await initWallet({ ...place, dir: wallet('e'), code: invite('patient') });
    const begun = (await readFile(join(wallet('b'), 'enrolment'), 'utf8')).replace(
      /"origin": "[^"]+"/,
      '"origin": "other.example/x"',
    );
    await writeFile(join(wallet('b'), 'enrolment'), begun);
    await initWallet({ ...place, dir: wallet('b'), code: invite('patient') });
    await expect(initWallet({ facilityUrl: 'http://192.0.2.1', dir: wallet('f'), code })).rejects.toMatchObject({
      code: 'transport_refused',
    });
  });
});

describe('an owner reads', () => {
  let owner: Address;
  let gateway: SmallGateway;
  let identity: string;
  const read = (wish: 'all' | { record: string } = 'all', out?: string): Promise<ReadOutcome> =>
    readRecords({ identity, facilityUrl: facility.url, wish, ...(out === undefined ? {} : { out }) });
  const codes = ({ unread }: ReadOutcome) => unread.map(({ code }) => code);

  async function newOwner(name: string): Promise<void> {
    const made = await initWallet({ dir: wallet(name), facilityUrl: facility.url, code: invite('patient') });
    identity = made.identity;
    owner = parseAddress(made.address);
    gateway = new SmallGateway(httpTransport(facility.url), facility.origin);
    await gateway.enrol(invite('gateway'), owner);
  }

  async function blobPath(hash: Uint8Array): Promise<string> {
    const blobs = await readdir(join(folder.dir, 'facility', 'blobs'), { recursive: true, withFileTypes: true });
    const name = toHex(hash);
    const file = blobs.find(
      (entry) => entry.isFile() && join(entry.parentPath, entry.name).replaceAll('/', '').endsWith(name.slice(-60)),
    );
    if (file === undefined) throw new Error('no such blob');
    return join(file.parentPath, file.name);
  }

  it('what was sealed, with its decimals, and exports it with proofs that verify offline', async () => {
    await newOwner('reader');
    await gateway.openEpoch(owner);
    const first = await gateway.register(owner, [reading(1250, -2), reading(7, 0, 'MDC_OTHER')]);
    await gateway.register(owner, [reading(-5, -1)]);
    const out = join(folder.dir, 'out');
    const { read: records, unread, policyText } = await read('all', out);
    expect(unread).toEqual([]);
    expect(records.flatMap(({ rows }) => rows.map(({ value }) => value))).toEqual(['12.50', '7', '-0.5']);
    expect(records[0]?.rows[0]).toMatchObject({
      ...{ device: 'pump-1', code: 'MDC_FLOW_FLUID_PUMP', unit: 'mL/h', deviceTime: '2026-11-20T10:00:00.250Z' },
      ...{ gatewayTime: '2023-11-14T22:16:40.000Z', record: toHex(first.recordId) },
    });

    const id = toHex(first.recordId);
    expect((await readdir(out)).length).toBe(1 + 2 * 3);
    expect((await stat(join(out, `${id}.csv`))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(out, `${id}.csv`), 'utf8')).toMatch(/^device,code,unit,value,.*\npump-1,.*,12\.50,/);
    const proofText = await readFile(join(out, `${id}.tlog-proof`), 'utf8');
    const entry = await readFile(join(out, `${id}.entry`));
    const verdict = verifyExistence({ proofText, entry }, policyText);
    expect(verdict).toMatchObject({ type: 'record.register', index: records[0]?.index, alone: true });

    const one = await read({ record: id.slice(0, 12) });
    expect(one.read.map(({ rows }) => rows.length)).toEqual([2]);
    await expect(read({ record: 'f'.repeat(32) })).rejects.toMatchObject({ code: 'not_found' });
    await expect(read({ record: 'xyz' })).rejects.toMatchObject({ code: 'usage' });
  });

  it('with the printed recovery key too', async () => {
    identity = join(wallet('reader'), 'recovery');
    const { read: records, unread } = await read();
    expect(unread).toEqual([]);
    expect(records.length).toBe(2);
  });

  it('the rest, when a blob is damaged, erased, or not what was registered', async () => {
    await newOwner('unlucky');
    await gateway.openEpoch(owner);
    const good = await gateway.register(owner, [reading(1, 0)]);
    const damaged = await gateway.register(owner, [reading(2, 0)]);
    const erased = await gateway.register(owner, [reading(3, 0)]);
    await gateway.register(owner, [reading(4, 0)], { commitment: new Uint8Array(32) });
    await gateway.register(owner, [reading(5, 0)], { blobHash: good.blobHash });
    const path = await blobPath(damaged.blobHash);
    const bytes = await readFile(path);
    bytes[100] = (bytes[100] as number) ^ 1;
    await writeFile(path, bytes);
    await rm(await blobPath(erased.blobHash));
    const outcome = await read();
    expect(outcome.read.flatMap(({ rows }) => rows.map(({ value }) => value))).toEqual(['1']);
    expect(codes(outcome)).toEqual(['blob_damaged', 'blob_missing', 'blob_damaged', 'blob_damaged']);
    for (const { message } of outcome.unread) expect(message).not.toMatch(/pump|MDC/);
  });

  it('nothing that was sealed to somebody else under the owner’s name', async () => {
    await newOwner('swapped');
    await gateway.openEpoch(owner, (await generateRecipientKey()).recipient);
    await gateway.register(owner, [reading(1, 0)]);
    const outcome = await read();
    expect(outcome.read).toEqual([]);
    expect(codes(outcome)).toEqual(['envelope_invalid']);
  });

  it('nothing from a facility whose policy, checkpoint or list is not the trusted one', async () => {
    const text = await readFile(identity, 'utf8');
    const change = async (from: RegExp, to: string) => {
      identity = join(folder.dir, 'changed');
      await writeFile(identity, text.replace(from, to));
      return expect(read()).rejects;
    };
    await (await change(/# policy: ../, '# policy: 00')).toMatchObject({ code: 'policy_mismatch' });
    await (await change(/# origin: vitalseal/, '# origin: vitalsea1')).toMatchObject({ code: 'origin_mismatch' });
    await (await change(/AGE-SECRET/, 'AGE-PUBLIC')).toMatchObject({ code: 'identity_file_invalid' });
  });

  it('nothing from a facility that shows a forked or unsigned ledger', async () => {
    const file = parseIdentity(await readFile(join(wallet('reader'), 'identity'), 'utf8'));
    const through = (change: (path: string, body: Uint8Array) => Uint8Array) => {
      const whole = httpTransport(facility.url);
      const client = new FacilityClient(async (ask) => {
        const answer = await whole(ask);
        return { ...answer, body: change(ask.path, answer.body) };
      }, file.origin);
      const inflate = (bytes: Uint8Array) => inflateRawSync(bytes);
      return readWith({ identity: file, client, wish: 'all', inflate, now: () => Math.floor(Date.now() / 1000) });
    };
    const turnBit = (body: Uint8Array, at: number) => body.with(at, (body[at] as number) ^ 1);
    expect((await through((_path, body) => body)).read.length).toBe(2);
    const unsigned = through((path, body) => (path.startsWith('/checkpoint') ? turnBit(body, body.length - 20) : body));
    await expect(unsigned).rejects.toMatchObject({ code: expect.stringMatching(/_invalid|policy_unmet/) });
    const forged = through((path, body) => (path.includes('/records') ? turnBit(body, body.length - 80) : body));
    await expect(forged).rejects.toMatchObject({ code: expect.stringMatching(/_invalid/) });
    const proofless = await through((path, body) => (path.includes('/prove') ? turnBit(body, body.length - 3) : body));
    expect(proofless.read).toEqual([]);
    expect(new Set(codes(proofless))).toEqual(new Set(['proof_invalid']));
    // Leaving out what it has is what a facility can do; it cannot put anything in.
    const others = through((path, body) => (path.includes('/envelope') ? new Uint8Array(3) : body));
    expect(codes(await others)).toEqual(['envelope_invalid', 'envelope_invalid']);
  });
});
