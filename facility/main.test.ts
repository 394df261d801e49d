// The facility as its clients meet it, over real HTTP: enrolment, records, refusals, envelopes, proofs, export.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addressOf,
  checkCheckpoint,
  concat,
  decodeEntryBundle,
  decodeEnvelope,
  emptyRoot,
  entriesTilePath,
  epochId,
  FacilityClient,
  formatAddress,
  generateRecipientKey,
  generateSigningKey,
  isVitalsealError,
  leafHash,
  openEnvelope,
  parseIdentity,
  parseInvite,
  parsePolicy,
  policyHash,
  randomBytes,
  rootOf,
  rotationMac,
  signEntry,
  signingKeyOf,
  signNextKeyProof,
  signRecoveryProof,
  verifyConsistency,
  verifyExistence,
  verifyInclusion,
} from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder, LOOPBACK, withFacility } from './fixtures/facility.ts';
import { enrol, httpTransport, now, openStream, recordWish, sign, submitOne } from './fixtures/people.ts';
import { exportFacility, initFacility, inviteFacility, mintKey, runFacility } from './main.ts';

const code = (error: unknown) => (isVitalsealError(error) ? error.code : error);

describe('a facility', () => {
  it('takes a record from invite to proof, and says the same when it is sent again', () =>
    withFacility(async ({ facility, enrol }) => {
      const owner = await enrol('patient');
      const gateway = await enrol('gateway');
      const stream = await openStream(gateway, owner);
      const entry = sign(gateway, recordWish(stream));
      const [receipt] = await gateway.client.submit([entry]);
      const [again] = await gateway.client.submit([entry]);
      expect(receipt).toMatchObject({ kind: 'receipt', leaf: leafHash(entry) });
      expect(again).toMatchObject({ kind: 'receipt', leaf: leafHash(entry) });
      if (receipt?.kind !== 'receipt' || again?.kind !== 'receipt') throw new Error('refused');
      expect(again.index).toBe(receipt.index);

      const policy = parsePolicy(facility.policyText);
      const first = checkCheckpoint(await gateway.client.checkpoint(), policy);
      const proof = await gateway.client.prove({
        from: 2,
        index: receipt.index,
        min: receipt.index + 1,
        waitSeconds: 5,
      });
      const last = checkCheckpoint(proof.checkpoint, policy);
      expect(last.by).toEqual(['facility']);
      expect(verifyInclusion(receipt.leaf, receipt.index, last.size, last.root, proof.inclusion)).toBe(true);
      const older = await gateway.client.prove({ from: first.size, index: 0 });
      expect(verifyConsistency(first.size, first.root, last.size, last.root, older.consistency)).toBe(true);

      expect(await gateway.client.signer(gateway.address)).toMatchObject({ seq: 3, newestEntry: entry });
      expect((await gateway.client.signerLeaves(gateway.address, 2)).map(({ leaf }) => leaf)).toEqual([
        leafHash(entry),
      ]);
      expect(await gateway.client.ownerRecords(owner.address, 0)).toHaveLength(2);
      expect(await gateway.client.entry(receipt.index)).toEqual(entry);
      expect(await gateway.client.user(owner.address)).toHaveLength(1);
      expect(await gateway.client.blob(stream.blobHash)).toHaveLength(2_048);
    }));

  it('answers each entry of a batch: a bad one is refused, and its followers miss it', () =>
    withFacility(async ({ enrol }) => {
      const owner = await enrol('patient');
      const gateway = await enrol('gateway');
      const stream = await openStream(gateway, owner);
      const good = sign(gateway, recordWish(stream));
      const forged = sign(gateway, recordWish(stream));
      forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
      const follower = sign(gateway, recordWish(stream));
      const answers = await gateway.client.submit([good, forged, follower]);
      expect(answers.map((answer) => (answer.kind === 'refusal' ? answer.code : answer.kind))).toEqual([
        'receipt',
        'signature_invalid',
        'seq_gap',
      ]);
      expect(answers.map((answer) => answer.kind === 'refusal' && answer.retry)).toEqual([false, false, true]);
    }));

  it('keeps versions of a record, siblings too, and refuses what does not follow', () =>
    withFacility(async ({ enrol }) => {
      const owner = await enrol('patient');
      const gateway = await enrol('gateway');
      const stream = await openStream(gateway, owner);
      const first = recordWish(stream);
      const wish = (version: number, previous: Uint8Array | null) => {
        const next = recordWish(stream);
        return { ...next, body: { ...next.body, recordId: first.body.recordId, version, previous } };
      };
      const leafOf = async (version: number, previous: Uint8Array | null) => {
        const own = gateway.own.clone();
        const answer = await submitOne(gateway, wish(version, previous));
        if (answer.kind === 'receipt') return answer.leaf;
        // What was refused takes no seq.
        Object.assign(gateway, { own });
        return answer.code;
      };
      const one = (await leafOf(1, null)) as Uint8Array;
      const two = (await leafOf(2, one)) as Uint8Array;
      const sibling = (await leafOf(2, one)) as Uint8Array;
      const three = (await leafOf(3, sibling)) as Uint8Array;
      expect([one, two, sibling, three].map((leaf) => leaf.length)).toEqual([32, 32, 32, 32]);
      expect(await leafOf(1, null)).toBe('record_exists');
      expect(await leafOf(3, one)).toBe('version_invalid');
      expect(await leafOf(2, randomBytes(32))).toBe('record_unknown');
      expect(await leafOf(4, three)).toHaveLength(32);
    }));

  it('takes a record only when envelopes and blob are stored here', () =>
    withFacility(async ({ enrol }) => {
      const owner = await enrol('patient');
      const gateway = await enrol('gateway');
      const stream = await openStream(gateway, owner);
      const elsewhere = { ...stream, blobHash: randomBytes(32) };
      const own = gateway.own.clone();
      expect(await submitOne(gateway, recordWish(elsewhere))).toMatchObject({ code: 'blob_missing', retry: true });
      const person = { ...gateway, own: own.clone() };
      const unopened = { ...stream, epoch: randomBytes(32) };
      expect(await submitOne(person, recordWish(unopened))).toMatchObject({ code: 'envelopes_missing' });
      const body = { owner: owner.address, epoch: stream.epoch, envelopeRoot: randomBytes(32), envelopeCount: 4 };
      const other = { ...gateway, own: own.clone() };
      expect(await submitOne(other, { type: 'epoch.open', body })).toMatchObject({ code: 'envelope_invalid' });
    }));

  it('gives an envelope to its reader, the recovery key’s to the recovery key, and to nobody else', () =>
    withFacility(async ({ facility, enrol }) => {
      const owner = await enrol('patient');
      const stranger = await enrol('doctor');
      const gateway = await enrol('gateway');
      const { epoch } = await openStream(gateway, owner);
      const rows = await owner.client.ownerRecords(owner.address, 0);
      expect(rows).toHaveLength(1);

      const summary = decodeEnvelope(await owner.client.envelope(epoch, owner.auth));
      const recovery = { key: owner.recovery.signing, now };
      const printed = decodeEnvelope(await owner.client.envelope(epoch, recovery));
      const { root, count } = await envelopeCommitment(owner.client, owner.address);
      const secret = await openEnvelope(summary, root, count, owner.age.identity);
      expect(epochId(secret)).toEqual(epoch);
      expect(await openEnvelope(printed, root, count, owner.recovery.age.identity)).toEqual(secret);

      for (const person of [stranger, gateway]) {
        const error = await person.client.envelope(epoch, person.auth).catch(code);
        expect(error).toBe('envelope_missing');
      }
      const unregistered = { key: generateSigningKey(), now };
      expect(await owner.client.envelope(epoch, unregistered).catch(code)).toBe('request_unauthorised');
      const path = `${facility.url}/v1/epochs/${Buffer.from(epoch).toString('hex')}/envelope`;
      expect((await fetch(path)).status).toBe(401);
      const lateClock = { key: owner.key, now: () => now() - 3_600 };
      expect(await owner.client.envelope(epoch, lateClock)).toBeInstanceOf(Uint8Array);
    }));

  it('uses an invite once, for what it is for, and only with its secret', () =>
    withFacility(async ({ dir, facility, enrol: newcomer }) => {
      const { code: invite } = await inviteFacility({ dir }, { role: 'patient' });
      await expect(enrol(facility.url, facility.origin, invite, 'gateway')).rejects.toThrow(/invite/);
      await enrol(facility.url, facility.origin, invite, 'patient');
      await expect(enrol(facility.url, facility.origin, invite, 'patient')).rejects.toThrow(/invite/);
      const { id } = parseInvite(invite);
      expect(parseInvite(invite).policyHash).toEqual(policyHash(facility.policyText).slice(0, 16));
      const client = new FacilityClient(httpTransport(facility.url), facility.origin);
      const person = await newcomer('patient');
      const body = {
        ...{ subject: person.address, authority: 'registrar' as const },
        ...{ signingKey: randomBytes(32), recipient: person.age.recipient, recoveryRecipient: person.age.recipient },
        ...{ recoverySigningKey: randomBytes(32), recoveryProof: randomBytes(64), nextKeyProof: randomBytes(64) },
      };
      const error = await client.rotate({ inviteId: id, mac: randomBytes(32), body }).catch(code);
      expect(error).toBe('invite_refused');
      expect(await inviteFacility({ dir }, { role: 'registrar' }).catch(code)).toBe('usage');
      expect(await inviteFacility({ dir }, { subject: formatAddress(randomBytes(20)) }).catch(code)).toBe('not_found');
    }));

  it('gives new keys to the address that an invite is bound to, and no other', () =>
    withFacility(async ({ dir, enrol }) => {
      const gateway = await enrol('gateway');
      const other = await enrol('gateway');
      const { code: invite } = await inviteFacility({ dir }, { subject: formatAddress(gateway.address) });
      const { id, secret } = parseInvite(invite);
      const next = generateSigningKey();
      const recovery = generateSigningKey();
      const bodyFor = (subject: Uint8Array) => {
        const body = {
          ...{ subject, authority: 'registrar' as const, signingKey: next.publicKey, recipient: gateway.age.recipient },
          ...{ recoveryRecipient: gateway.recovery.age.recipient, recoverySigningKey: recovery.publicKey },
          recoveryProof: signRecoveryProof(gateway.origin, next.publicKey, recovery),
        };
        return { ...body, nextKeyProof: signNextKeyProof(gateway.origin, body, next) };
      };
      const wrong = bodyFor(other.address);
      const refused = gateway.client.rotate({ inviteId: id, mac: rotationMac(secret, wrong), body: wrong });
      expect(await refused.catch(code)).toBe('invite_refused');
      const body = bodyFor(gateway.address);
      const ask = { inviteId: id, mac: rotationMac(secret, body), body };
      const answer = await gateway.client.rotate(ask);
      expect(answer.kind).toBe('receipt');
      expect(await gateway.client.rotate(ask)).toMatchObject({ kind: 'receipt', leaf: answer.leaf });

      const notice = { kind: 'damaged-blob' as const, about: answer.leaf, statement: null };
      const own = gateway.own.clone();
      expect(await submitOne(gateway, { type: 'notice', body: notice })).toMatchObject({ code: 'signer_unknown' });
      const renewed = { ...gateway, own, key: next };
      expect(await submitOne(renewed, { type: 'notice', body: notice })).toMatchObject({ kind: 'receipt' });
    }));

  it('mints keys that seal nothing before their holder has rotated', () =>
    withFacility(async ({ dir, enrol }) => {
      const gateway = await enrol('gateway');
      const minted = await mintKey({ dir }, 'patient');
      const file = parseIdentity(minted.text);
      expect(formatAddress(file.address)).toBe(minted.address);
      const holder = { ...gateway, address: file.address, key: signingKeyOf(file.signingKey) };
      expect(addressOf(holder.key.publicKey)).toEqual(file.address);
      const owner = { ...holder, age: { recipient: file.recipient, identity: file.identity } };
      await expect(openStream(gateway, owner)).rejects.toThrow(/not_rotated/);

      const registered = (await gateway.client.user(file.address))[0];
      if (registered === undefined) throw new Error('not registered');
      const next = generateSigningKey();
      const recovery = generateSigningKey();
      const body = {
        ...{ subject: file.address, authority: 'user' as const, signingKey: next.publicKey },
        ...{ recipient: (await generateRecipientKey()).recipient, recoveryRecipient: gateway.recovery.age.recipient },
        recoverySigningKey: recovery.publicKey,
        recoveryProof: signRecoveryProof(gateway.origin, next.publicKey, recovery),
      };
      const history = leafHash(registered.entry);
      const rotation = signEntry(
        {
          ...{ origin: gateway.origin, signer: file.address, seq: 1, history, seen: { size: 0, root: emptyRoot } },
          type: 'key.rotate',
          body: { ...body, nextKeyProof: signNextKeyProof(gateway.origin, body, next) },
        },
        holder.key,
      );
      const [answer] = await gateway.client.submit([rotation]);
      expect(answer).toMatchObject({ kind: 'receipt' });
      const fresh = await enrol('gateway');
      expect(await openStream(fresh, owner)).toMatchObject({ index: 0 });
    }));

  it('exports a log that the ledger’s own code verifies, also while it runs, and after it has stopped', () =>
    withFacility(async ({ dir, facility, enrol }) => {
      const owner = await enrol('patient');
      const gateway = await enrol('gateway');
      const stream = await openStream(gateway, owner);
      for (let n = 0; n < 5; n++) {
        await gateway.client.submit(Array.from({ length: 60 }, () => sign(gateway, recordWish(stream))));
      }
      const size = facility.status().entries;
      await gateway.client.checkpoint({ min: size, waitSeconds: 5 });
      await verifyExport(dir, join(dir, 'running'), size);
      expect((await fetch(`${facility.url}/tile/0/000`)).headers.get('cache-control')).toContain('immutable');
      expect((await fetch(`${facility.url}/tile/entries/000`)).status).toBe(200);
      await facility.stop();
      await verifyExport(dir, join(dir, 'stopped'), size);
      expect(await exportFacility({ dir }, join(dir, 'none'), [size]).catch(code)).toBe('not_found');
    }));

  it('has stopped when any of those who stop it is told so', () =>
    inTemporaryFolder(async (dir) => {
      await initFacility({ dir });
      const facility = await runFacility({ dir, listen: LOOPBACK });
      void facility.stop();
      await facility.stop();
      const again = await runFacility({ dir, listen: LOOPBACK });
      await again.stop();
    }));

  it('is one process to a folder, and says which', () =>
    withFacility(async ({ dir }) => {
      const listen = { host: '127.0.0.1', port: 0 };
      const error = await runFacility({ dir, listen }).catch((e: unknown) => e);
      expect(code(error)).toBe('folder_locked');
      expect((error as Error).message).toContain(String(process.pid));
      expect(await initFacility({ dir }).catch(code)).toBe('folder_exists');
    }));
});

async function verifyExport(dir: string, out: string, size: number): Promise<void> {
  const index = size - 1;
  expect(await exportFacility({ dir }, out, [0, index])).toMatchObject({ size, proofs: [0, index] });
  const text = (path: string) => readFile(join(out, path), 'utf8');
  const policy = await text('policy');
  const checkpoint = checkCheckpoint(await text('checkpoint'), parsePolicy(policy));
  const bundles = [entriesTilePath(0), entriesTilePath(1, size - 256)].map((path) => readFile(join(out, path)));
  const entries = (await Promise.all(bundles)).flatMap(decodeEntryBundle);
  expect(entries).toHaveLength(size);
  expect(rootOf(entries.map(leafHash), size)).toEqual(checkpoint.root);
  const tiles = ['tile/0/000', `tile/0/001.p/${size - 256}`].map((path) => readFile(join(out, path)));
  expect(concat(...(await Promise.all(tiles)))).toEqual(concat(...entries.map(leafHash)));
  for (const proven of [0, index]) {
    const files = {
      proofText: await text(`${proven}.tlog-proof`),
      entry: await readFile(join(out, `${proven}.entry`)),
    };
    expect(verifyExistence(files, policy)).toMatchObject({ index: proven, alone: true, vouchedBy: ['facility'] });
  }
}

async function envelopeCommitment(client: FacilityClient, owner: Uint8Array) {
  const { decodeEntry } = await import('@vitalseal/ledger');
  const [row] = await client.ownerRecords(owner, 0);
  const opened = row === undefined ? undefined : decodeEntry(row.entry).entry;
  if (opened?.type !== 'epoch.open') throw new Error('no epoch');
  return { root: opened.body.envelopeRoot, count: opened.body.envelopeCount };
}
