// The full node put together: the one file that knows the adapters. Parts that others need come first, whatever lets
// strangers in comes last, and stopping goes the other way.
//
//   HTTP ─► admission ─► engine ─► application ─► SQLite        (COMMIT; then receipts)
//             │ blobs,               │ cosign
//             ▼ envelopes (files)    ▼
//          answers ◄──────────── finality ─► publisher ─► tiles, checkpoint (files)
import { join, resolve } from 'node:path';
import { addressOf, emptyRoot, formatAddress, parsePolicy, policyHash, toHex, VitalsealError } from '@vitalseal/ledger';
import type Database from 'better-sqlite3';
import { Admission } from './admission/admission.ts';
import { Answers } from './admission/answers.ts';
import { threadedSignatures } from './admission/signatures.worker.ts';
import { FolderFiles } from './blobs/blobs.fs.ts';
import { Blobs } from './blobs/blobs.ts';
import { Envelopes } from './blobs/envelopes.ts';
import { SqliteUsage } from './blobs/usage.sqlite.ts';
import { serveControl } from './control/control.socket.ts';
import { askOrTakeFolder, takeFolder } from './control/turn.socket.ts';
import type { EntryResult, PointHook } from './engine/engine.ts';
import { SOLO_DEFAULTS, SoloEngine } from './engine/solo.ts';
import { type Exported, exportLog } from './export/export.ts';
import { outputFolder } from './export/folder.fs.ts';
import { isSetUp, makeFolder, readKeys, readPolicy, removeUnfinished, writeMarker, writeSetup } from './folder.fs.ts';
import { type ListenOptions, serveHttp } from './http/server.http.ts';
import { cosignerSecret, type FacilityKeys, generateFacilityKeys, logSecret, soloOrigin, soloPolicy } from './keys.ts';
import { type FacilityLimits, facilityLimits } from './limits.ts';
import { FolderLogFiles, readCheckpoint } from './log/files.fs.ts';
import { Finality } from './log/finality.ts';
import { Publisher } from './log/publisher.ts';
import { PublishedTiles } from './log/tiles.ts';
import { LedgerTree } from './log/tree.ts';
import { Metrics } from './metrics.ts';
import { codeOf, gaugesOf, type Log, type Node, SILENT } from './node.ts';
import { foundersTexts, keyFile } from './registrar/files.ts';
import { founders, foundLedger } from './registrar/genesis.ts';
import { SqliteInviteStore } from './registrar/invites.sqlite.ts';
import { Invites } from './registrar/invites.ts';
import { placeOf } from './registrar/places.ts';
import { Registrar } from './registrar/registrar.ts';
import { type Facility, FacilityService, type FacilityStatus, type InitResult, type InviteFor } from './service.ts';
import { LedgerApplication } from './state/application.ts';
import { openDatabase } from './state/schema.sqlite.ts';
import { SqliteLedgerStore } from './state/store.sqlite.ts';
import { LedgerState } from './state/view.ts';

export { DEFAULT_LIMITS, type FacilityLimits } from './limits.ts';
export { pinoLog } from './logging.pino.ts';
export type { Log } from './node.ts';
export { type Facility, type FacilityStatus, INVITABLE, type InitResult, type InviteFor } from './service.ts';
export type { Exported, ListenOptions };

export interface FacilityOptions {
  /** The data folder. */
  readonly dir: string;
  readonly limits?: Partial<FacilityLimits>;
  readonly log?: Log;
  /** Unix seconds. */
  readonly now?: () => number;
  /** For crash tests. */
  readonly at?: PointHook;
}

const unixSeconds = () => Math.floor(Date.now() / 1_000);

/** The ledger's parts over a folder. */
function openLedger(
  { dir, at, log = SILENT }: FacilityOptions,
  keys: FacilityKeys,
  policyText: string,
  create = false,
) {
  const database: Database.Database = openDatabase(join(dir, 'ledger.db'), create);
  const store = new SqliteLedgerStore(database);
  const head = store.head();
  const tree = new LedgerTree((level, index) => store.tile(level, index), head.size);
  if (Buffer.compare(tree.rootAt(head.size) ?? emptyRoot, head.root) !== 0) {
    throw new VitalsealError('store_damaged', "the store's tree does not have the root of its last block");
  }
  const metrics = new Metrics();
  const files = new FolderLogFiles(join(dir, 'log'), {
    tile: (tile) => tiles.cut(tile),
    entries: (from, to) => store.entries(from, to),
  });
  const publisher = new Publisher({
    files,
    rootAt: (size) => tree.rootAt(size),
    onPublished: () => metrics.count('publications'),
    onFailure(error) {
      metrics.count('publications_failed');
      log.error({ code: codeOf(error) }, 'the checkpoint could not be published; trying again');
    },
    ...(at && { at }),
  });
  const tiles = new PublishedTiles(tree, store, publisher, (path) => files.read(path));
  const origin = soloOrigin(keys);
  const finality = new Finality({
    origin,
    policy: parsePolicy(policyText),
    logKey: logSecret(keys),
    cosignerKey: cosignerSecret(keys),
    onFinal: (published) => publisher.offer(published),
  });
  const state = new LedgerState(origin, store, tree);
  const application = new LedgerApplication(store, state, finality);
  return { keys, policyText, origin, database, store, tree, metrics, publisher, tiles, finality, state, application };
}

interface StartedNode {
  readonly node: Node;
  close(): Promise<void>;
}

/** Opens a folder whose lock the caller holds, recovers, and runs everything but what listens. */
async function startNode(options: FacilityOptions, onGivenUp?: () => void): Promise<StartedNode> {
  const { dir, at, log = SILENT, now = unixSeconds } = options;
  const limits = facilityLimits(options.limits);
  const ledger = openLedger(options, readKeys(dir), readPolicy(dir));
  const { keys, policyText, origin, database, store, metrics, publisher, tiles, finality, state } = ledger;
  const engine = new SoloEngine(ledger.application, {
    ...SOLO_DEFAULTS,
    now,
    onBlock: () => metrics.count('blocks'),
    onFailure: (error) => log.error({ code: codeOf(error) }, 'a block failed'),
    ...(onGivenUp && { onGivenUp }),
    ...(at && { at }),
  });

  const usage = new SqliteUsage(join(dir, 'usage.db'));
  const scratch = join(dir, 'unfinished');
  const blobs = new Blobs(new FolderFiles(join(dir, 'blobs'), scratch), usage, limits);
  const envelopes = new Envelopes(new FolderFiles(join(dir, 'envelopes'), scratch), usage, limits);
  const answers = new Answers(origin, keys.facility, now);
  const invites = new Invites(new SqliteInviteStore(database), policyHash(policyText), now);
  const registrar = new Registrar({
    ...{ key: keys.registrar, address: addressOf(keys.registrar.publicKey), state, invites },
    seen: () => publisher.current ?? { size: 0, root: emptyRoot },
    submit: async (bytes) => (await engine.submit([{ bytes, opened: null }]))[0] as EntryResult,
    placeOf: (about, matches) => placeOf(store, about, matches),
  });
  const signatures = threadedSignatures();
  const clock = () => performance.now();
  const admission = new Admission({ state, engine, answers, signatures, metrics, limits, clock, blobs, envelopes });
  const node: Node = {
    ...{ origin, policyText, limits, log, metrics, store, state, engine, finality, publisher, tiles },
    ...{ blobs, envelopes, admission, answers, invites, registrar, now },
    gauges: () => gaugesOf({ store, engine, publisher }),
  };
  const close = async () => {
    await engine.stop();
    await signatures.close();
    await publisher.close();
    usage.close();
    database.close();
  };
  try {
    await publisher.recover();
    await engine.start();
    await publisher.settled();
    return { node, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Sets up a facility in `dir`: keys, policy, the two founding entries. Throws `folder_exists`, `folder_locked`. */
export async function initFacility(options: FacilityOptions): Promise<InitResult> {
  const { dir, now = unixSeconds } = options;
  if (isSetUp(dir)) throw new VitalsealError('folder_exists', 'there is a facility in this folder already');
  await makeFolder(dir);
  const lock = await takeFolder(resolve(dir));
  try {
    // Again, under the lock: what follows would remove what another process has just finished.
    if (isSetUp(dir)) throw new VitalsealError('folder_exists', 'there is a facility in this folder already');
    // What an interrupted attempt left was never seen by anybody.
    removeUnfinished(dir);
    const keys = generateFacilityKeys();
    const people = await founders(keys);
    const policyText = soloPolicy(keys);
    await writeSetup(dir, keys, policyText, foundersTexts(soloOrigin(keys), policyText, people));
    const { application, database, origin } = openLedger(options, keys, policyText, true);
    try {
      foundLedger(application, keys, people, now());
    } finally {
      database.close();
    }
    const facts = {
      origin,
      registrar: formatAddress(addressOf(keys.registrar.publicKey)),
      facility: formatAddress(addressOf(keys.facility.publicKey)),
      policyHash: toHex(policyHash(policyText)),
    };
    await writeMarker(dir, facts);
    // Publishes the first checkpoint, so that the log can be exported before the facility ever ran.
    await (await startNode(options)).close();
    return { ...facts, recovery: join(dir, 'recovery') };
  } finally {
    lock.release();
  }
}

/** Runs the facility in `dir` until it is stopped. Throws `folder_missing`, `folder_locked`, `transport_refused` … */
export async function runFacility(options: FacilityOptions & { readonly listen: ListenOptions }): Promise<Facility> {
  const { dir, listen } = options;
  readKeys(dir);
  const lock = await takeFolder(resolve(dir));
  const closing: (() => Promise<void> | void)[] = [() => lock.release()];
  let closed: Promise<void> | null = null;
  // Whoever asks again waits for the same end.
  const closeAll = () => {
    closed ??= (async () => {
      for (const close of closing.reverse()) await close();
    })();
    return closed;
  };
  try {
    const { promise: failed, resolve: fail } = Promise.withResolvers<void>();
    const { node, close } = await startNode(options, fail);
    closing.push(close);
    const service = new FacilityService(node, keyFile);
    const control = await serveControl(dir, service.handlers());
    closing.push(() => control.close());
    const http = await serveHttp(node, listen);
    closing.push(async () => {
      // Long polls end first: a server closes only when nobody is being answered.
      node.publisher.release();
      await http.close();
    });
    node.log.info({ entries: node.state.size() }, 'the facility is ready');
    return {
      url: http.url,
      origin: node.origin,
      policyText: node.policyText,
      invite: (wish) => service.invite(wish),
      status: () => service.status(),
      failed,
      stop: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** A single-use invite's code, from the running facility or from its folder. */
export async function inviteFacility(options: FacilityOptions, wish: InviteFor): Promise<{ code: string }> {
  const work = async (service: FacilityService) => ({ code: service.invite(wish) });
  return (await ask(options, 'invite', wish, work)) as { code: string };
}

/** Registers a minted key pair; `text` is its key file. From the running facility or from its folder. */
export async function mintKey(options: FacilityOptions, role: string): Promise<{ address: string; text: string }> {
  return (await ask(options, 'mint', { role }, (service) => service.mint(role))) as { address: string; text: string };
}

export async function facilityStatus(options: FacilityOptions): Promise<FacilityStatus> {
  const work = async (service: FacilityService) => ({ ...service.status(), running: false });
  return (await ask(options, 'status', {}, work)) as FacilityStatus;
}

/** Writes the log up to the final checkpoint to the folder `out`; also while the facility runs, which is not disturbed. */
export async function exportFacility(options: FacilityOptions, out: string, proofs: number[]): Promise<Exported> {
  const { dir } = options;
  const [keys, policyText] = [readKeys(dir), readPolicy(dir)];
  const target = await outputFolder(out, dir);
  // Before the store is opened: read after it, a checkpoint of a running facility may be newer than the tree.
  const note = await readCheckpoint(join(dir, 'log'));
  const ledger = openLedger(options, keys, policyText);
  try {
    await ledger.publisher.recover(note);
    const published = ledger.publisher.current;
    if (published === null) throw new VitalsealError('not_found', 'no checkpoint is final yet');
    return await exportLog({ ...ledger, published }, proofs, target);
  } finally {
    ledger.database.close();
  }
}

type Work = (service: FacilityService) => Promise<unknown>;

/** Asks the facility that runs in the folder; without one takes the lock and does it here. */
async function ask(options: FacilityOptions, command: string, parameters: object, work: Work): Promise<unknown> {
  const setUp = () => void readKeys(options.dir);
  const turn = await askOrTakeFolder(resolve(options.dir), command, parameters, setUp);
  if ('answer' in turn) return turn.answer;
  try {
    const { node, close } = await startNode(options);
    try {
      return await work(new FacilityService(node, keyFile));
    } finally {
      await close();
    }
  } finally {
    turn.lock.release();
  }
}
