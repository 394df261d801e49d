// The dependency rule: which folder may import which, only main.ts touches adapters, and no cycles. Types count, since a
// type from above ties two folders as firmly as a call.
import { posix } from 'node:path';
import { cyclesOf } from './cycles.ts';
import { syntaxOf } from './syntax.ts';
import { isCode, isTest, lineAt, type SourceFile, type Tree, type Violation } from './tree.ts';

const ALL = ['ledger', 'gateway', 'agent', 'facility', 'wallet', 'cli', 'firmware-sim', 'deploy', 'test'];

/** Folder → the folders it may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ledger: [],
  'firmware-sim': [],
  gateway: ['ledger'],
  agent: ['gateway', 'ledger'],
  facility: ['ledger'],
  wallet: ['ledger'],
  cli: ['ledger', 'gateway', 'agent', 'facility', 'wallet', 'firmware-sim'],
  deploy: ['ledger', 'gateway', 'agent', 'facility', 'wallet', 'cli', 'firmware-sim'],
  test: ALL,
};

const ADAPTER = /\.(sqlite|http|socket|worker|fs|bluez)\.ts$/;
/** What talks to the world outside the process: only adapters and main.ts name it. Its types may be named anywhere. */
const IO =
  /^(node:(fs|fs\/promises|net|tls|http|https|http2|dgram|dns|child_process|worker_threads)|better-sqlite3|fastify|undici)$/;
/** The one file of the ledger that a browser build swaps. */
const LEDGER_CRYPTO = 'ledger/crypto.ts';

interface Edge {
  from: SourceFile;
  /** Path in the repository. */
  to: string;
  line: number;
}

/** Everything in `tree` that breaks the dependency rule. */
export function checkDependencies(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  const edges: Edge[] = [];
  const packages = packagesOf(tree);
  for (const file of tree.values()) {
    if (!isCode(file.path)) continue;
    const folder = folderOf(file.path);
    const { imports, error } = syntaxOf(file);
    if (error) violations.push({ rule: 'syntax', path: file.path, line: 1, message: error });
    for (const { specifier, offset, typeOnly } of imports) {
      const line = lineAt(file.text, offset);
      const report = (rule: string, message: string) => violations.push({ rule, path: file.path, line, message });
      if (specifier !== null && IO.test(specifier) && !typeOnly && !mayTouchTheWorld(file.path)) {
        report('io', `${specifier} outside an adapter: name the file *.fs.ts, *.http.ts …, and take a port here`);
      }
      if (specifier === null) {
        if (!isTest(file.path)) report('import-computed', 'an import whose name is computed cannot be checked');
        continue;
      }
      if (specifier.startsWith('node:')) {
        if (folder === 'ledger' && !isTest(file.path) && file.path !== LEDGER_CRYPTO) {
          report('ledger-pure', `${specifier} in the ledger, which must run in a browser; only ${LEDGER_CRYPTO} may`);
        }
        continue;
      }
      if (specifier.startsWith('.')) {
        const to = posix.normalize(posix.join(posix.dirname(file.path), specifier));
        if (!tree.has(to)) report('import-unresolved', `${specifier} is no file; relative imports carry their ending`);
        else edges.push({ from: file, to, line });
        continue;
      }
      const own = packages.get(nameOf(specifier));
      if (own === undefined) {
        if (!isDeclared(tree, file.path, nameOf(specifier))) {
          report('dependency-undeclared', `${nameOf(specifier)} is not a dependency of ${folder}/package.json`);
        }
      } else if (specifier !== nameOf(specifier)) {
        report('import-through-main', `${specifier}: import ${nameOf(specifier)} itself, which is its main.ts`);
      } else {
        edges.push({ from: file, to: `${own}/main.ts`, line });
      }
    }
  }
  for (const edge of edges) violations.push(...checkEdge(edge));
  const graph = new Map<string, string[]>();
  for (const { from, to } of edges) graph.set(from.path, [...(graph.get(from.path) ?? []), to]);
  for (const cycle of cyclesOf(graph)) {
    violations.push({ rule: 'cycle', path: cycle[0] ?? '', line: 1, message: `imports itself: ${cycle.join(' → ')}` });
  }
  return violations;
}

function checkEdge({ from, to, line }: Edge): Violation[] {
  const violations: Violation[] = [];
  const report = (rule: string, message: string) => violations.push({ rule, path: from.path, line, message });
  const source = folderOf(from.path);
  const target = folderOf(to);
  if (source !== target) {
    if (ALL.includes(source) && !MAY_IMPORT[source]?.includes(target)) {
      report(
        'dependency-rule',
        `${source} may import ${MAY_IMPORT[source]?.join(', ') || 'nothing of ours'}, not ${target}`,
      );
    } else if (posix.basename(to) !== 'main.ts' && source !== 'test') {
      report('import-through-main', `${to}: other folders see only ${target}/main.ts`);
    }
  } else if (ADAPTER.test(to) && !isTest(from.path) && !mayWire(from.path)) {
    report('adapter', `${to} is an adapter: only main.ts (or another adapter) imports it; take a port instead`);
  }
  if (isTest(to) && !isTest(from.path)) report('test-imported', `${to} is a test`);
  return violations;
}

/**
 * main.ts wires everything, and what is at the rim of a folder already may know the rest of its rim. The command line is
 * all rim: each command wires what it runs.
 */
function mayWire(from: string): boolean {
  return /^([^/]+\/main\.ts$|cli\/)/.test(from) || ADAPTER.test(from);
}

/** Adapters, composition roots, what is all rim, and probes, which are programs of their own. */
function mayTouchTheWorld(path: string): boolean {
  return mayWire(path) || isTest(path) || /^(deploy\/|[^/]+\/(probe|fixtures)\/|[^/]+$)/.test(path);
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function nameOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function packagesOf(tree: Tree): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of ALL) {
    const name = manifest(tree, folder)?.name;
    if (name) found.set(name, folder);
  }
  return found;
}

interface Manifest {
  name?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function manifest(tree: Tree, folder: string): Manifest | undefined {
  const file = tree.get(folder === '' ? 'package.json' : `${folder}/package.json`);
  return file && (JSON.parse(file.text) as Manifest);
}

/** Tests may use what any folder, or the house, depends on; the code of a folder only what that folder declares. */
function isDeclared(tree: Tree, path: string, name: string): boolean {
  const folders = isTest(path) || !path.includes('/') ? ['', ...ALL] : [folderOf(path)];
  return folders.some((folder) => {
    const { dependencies, devDependencies } = manifest(tree, folder) ?? {};
    return dependencies?.[name] !== undefined || devDependencies?.[name] !== undefined;
  });
}
