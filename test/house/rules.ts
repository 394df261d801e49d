// The house rules that a machine can check: sizes, names, headers, and what must not be written down. Each rule looks at
// one file (or at the registry of errors) and says what is wrong with it in words that tell what to do.
import { first, isNode, literal, type Node, named, syntaxOf } from './syntax.ts';
import { isCode, isTest, lineAt, type SourceFile, type Tree, type Violation } from './tree.ts';

type Rule = (file: SourceFile) => { line: number; message: string }[];

const MAX_LINES = 300;
const MAX_TEST_LINES = 400;
const VAGUE = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'managers', 'misc']);

// Written apart, so that this file does not break the rules it holds.
const UNFINISHED = new RegExp(
  `\\b(${['TO', 'FIX', 'XX'].map((w, i) => w + ['DO', 'ME', 'X'][i]).join('|')}|st${'ub'}(s|bed)?)\\b`,
);
const MACHINE_PATH = new RegExp(`(^|[\\s"'\`(=:])/(${['home', 'work', 'root', 'Users', 'tmp/plan'].join('|')})/\\w`);
const REGISTRY = new RegExp(
  ['regis' + 'try\\.(npmjs|yarnpkg)', 'npm' + 'js\\.org/', 'proxy' + '\\.golang\\.org'].join('|'),
);
/** The word list and the planted violations of the gates themselves. */
const GATES = 'test/house/';

const size: Rule = ({ path, text }) => {
  const most = isTest(path) ? MAX_TEST_LINES : MAX_LINES;
  const lines = text.trimEnd().split('\n').length;
  return path.endsWith('.ts') && lines > most
    ? [{ line: most, message: `${lines} lines; over ${most} two concepts share a room` }]
    : [];
};

const vagueName: Rule = ({ path }) => {
  const vague = path.split('/').find((part) => part.split(/[-._]/).some((word) => VAGUE.has(word.toLowerCase())));
  return vague === undefined ? [] : [{ line: 1, message: `'${vague}' says nothing; name the concept` }];
};

const header: Rule = (file) => {
  if (!isCode(file.path) || isTest(file.path) || /(^|\/)[\w.]+\.config\.ts$/.test(file.path)) return [];
  const body = file.text.replace(/^#!.*\n/, '');
  return /^\s*(\/\/|\/\*)/.test(body) ? [] : [{ line: 1, message: 'no header comment: why does this file exist?' }];
};

const unfinished: Rule = ({ path, text }) =>
  isCode(path) && !path.startsWith(GATES) ? matches(text, UNFINISHED, 'unfinished work; do it, or open an issue') : [];

const machinePath: Rule = ({ path, text }) =>
  path.startsWith(GATES) ? [] : matches(text, MACHINE_PATH, 'a path of one machine');

const registryHost: Rule = ({ path, text }) =>
  path.startsWith(GATES) ? [] : matches(text, REGISTRY, 'a registry host; every machine has its own');

function matches(text: string, pattern: RegExp, message: string) {
  return text.split('\n').flatMap((line, i) => (pattern.test(line) ? [{ line: i + 1, message }] : []));
}

const TESTS = ['it', 'test', 'describe', 'suite', 'bench'];

/** `only` hides every other test, `skip` one for ever; `skipIf(condition)` and `skip(reason)` in a test tell why. */
const hiddenTest: Rule = (file) =>
  findNodes(file, (node) => {
    if (node.type !== 'MemberExpression' || !TESTS.includes(rootName(node))) return null;
    const property = isNode(node.property) ? String(node.property.name ?? '') : '';
    return ['only', 'skip', 'todo', 'fails'].includes(property) ? `.${property} hides a test` : null;
  });

function rootName(node: Node): string {
  let at: unknown = node;
  while (isNode(at) && at.type === 'MemberExpression') at = at.object;
  return isNode(at) && at.type === 'Identifier' ? String(at.name) : '';
}

const consoleOutside: Rule = (file) =>
  /^(cli|test|deploy)\//.test(file.path) || isTest(file.path)
    ? []
    : findNodes(file, (node) =>
        node.type === 'MemberExpression' && named(node.object, 'console')
          ? 'console outside the command line; take a logger, and log counts and codes only'
          : null,
      );

const environment: Rule = (file) =>
  /^(cli|test|deploy)\//.test(file.path) || isTest(file.path)
    ? []
    : findNodes(file, (node) =>
        node.type === 'MemberExpression' &&
        named(node.object, 'process') &&
        (named(node.property, 'env') || literal(node.property) === 'env')
          ? 'process.env outside the command line; take the value as an argument'
          : null,
      );

/** What only Node has. The ledger's own crypto file is the one that a browser build swaps. */
const browserSafe: Rule = (file) =>
  !file.path.startsWith('ledger/') || isTest(file.path) || file.path === 'ledger/crypto.ts'
    ? []
    : findNodes(file, (node) =>
        named(node, 'Buffer') || named(node, 'process')
          ? `${node.name} in the ledger, which must run in a browser`
          : null,
      );

/** What makes the ledger answer differently from one machine, or one moment, to another. */
const AMBIENT = ['Date.now', 'Math.random', 'performance.now'];
const AMBIENT_CALLS = ['setTimeout', 'setInterval', 'fetch', 'queueMicrotask'];

const ledgerClock: Rule = (file) =>
  !file.path.startsWith('ledger/') || isTest(file.path)
    ? []
    : findNodes(file, (node) => {
        const name =
          node.type === 'MemberExpression' && isNode(node.object) && isNode(node.property)
            ? `${node.object.name}.${node.property.name}`
            : '';
        const called = node.type === 'CallExpression' && AMBIENT_CALLS.find((call) => named(node.callee, call));
        const dated = node.type === 'NewExpression' && named(node.callee, 'Date') && first(node) === undefined;
        const what = AMBIENT.includes(name) ? name : called || (dated ? 'new Date()' : null);
        return what === null ? null : `${what} in the ledger, which has no clock and no I/O; take it as an argument`;
      });

function findNodes(file: SourceFile, judge: (node: Node) => string | null) {
  if (!isCode(file.path)) return [];
  return syntaxOf(file).nodes.flatMap((node) => {
    const message = judge(node);
    return message === null ? [] : [{ line: lineAt(file.text, node.start), message }];
  });
}

const RULES: Readonly<Record<string, Rule>> = {
  size,
  'vague-name': vagueName,
  header,
  unfinished,
  'machine-path': machinePath,
  'registry-host': registryHost,
  'hidden-test': hiddenTest,
  console: consoleOutside,
  environment,
  'browser-safe': browserSafe,
  'ledger-clock': ledgerClock,
};

/** Everything in `tree` that breaks a house rule. */
export function checkHouse(tree: Tree): Violation[] {
  const violations = [...tree.values()].flatMap((file) =>
    Object.entries(RULES).flatMap(([rule, check]) => check(file).map((found) => ({ rule, path: file.path, ...found }))),
  );
  return [...violations, ...checkErrorCodes(tree)];
}

/** Every code that is thrown stands in the one registry. */
function checkErrorCodes(tree: Tree): Violation[] {
  const registry = tree.get('ledger/errors.ts');
  const codes = new Set(registry && registryCodes(registry));
  return [...tree.values()].flatMap((file) =>
    isCode(file.path)
      ? syntaxOf(file).nodes.flatMap((node) => {
          if (node.type !== 'NewExpression' || !named(node.callee, 'VitalsealError')) return [];
          const code = literal((node.arguments as unknown[])[0]);
          if (code === null || codes.has(code)) return [];
          const line = lineAt(file.text, node.start);
          return [{ rule: 'error-code', path: file.path, line, message: `${code} is not in ledger/errors.ts` }];
        })
      : [],
  );
}

/** The keys of the object that is exported as ERRORS. */
export function registryCodes(file: SourceFile): string[] {
  const declared = syntaxOf(file).nodes.find((node) => node.type === 'VariableDeclarator' && named(node.id, 'ERRORS'));
  let table = declared?.init;
  while (isNode(table) && table.type !== 'ObjectExpression') table = table.expression;
  const properties = isNode(table) ? (table.properties as Node[]) : [];
  return properties.flatMap(({ key }) => (isNode(key) ? [String(key.name ?? literal(key))] : []));
}
