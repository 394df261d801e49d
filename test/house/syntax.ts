// Parses a source file once for all gates. oxc-parser, since TypeScript 7 has no parser to import, and a regular
// expression would miss `import type`, `import()` and `export … from` in the places where it matters.
import { type Comment, parseSync } from 'oxc-parser';
import type { SourceFile } from './tree.ts';

export interface Import {
  /** As written; null where it is computed (`import(name)`). */
  specifier: string | null;
  offset: number;
  /** It names types only: nothing of it is there when the program runs. */
  typeOnly: boolean;
}

/** A node of the ESTree, as loosely as a rule needs it. */
export interface Node {
  type: string;
  start: number;
  [field: string]: unknown;
}

export interface Syntax {
  imports: Import[];
  nodes: Node[];
  comments: Comment[];
  /** Null when the file parses. */
  error: string | null;
}

const parsed = new WeakMap<SourceFile, Syntax>();

export function syntaxOf(file: SourceFile): Syntax {
  let syntax = parsed.get(file);
  if (!syntax) {
    syntax = parse(file);
    parsed.set(file, syntax);
  }
  return syntax;
}

function parse({ path, text }: SourceFile): Syntax {
  const { program, comments, errors } = parseSync(path, text, { sourceType: 'module' });
  const nodes: Node[] = [];
  collect(program, nodes);
  return { imports: nodes.flatMap(importsOf), nodes, comments, error: errors[0]?.message ?? null };
}

function collect(value: unknown, into: Node[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, into);
  } else if (isNode(value)) {
    into.push(value);
    for (const key of Object.keys(value)) collect(value[key], into);
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** Every way in which one module names another; `require` and `new URL(…, import.meta.url)` included. */
function importsOf(node: Node): Import[] {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
    case 'TSExternalModuleReference': {
      const source = node.source ?? node.argument ?? node.expression;
      const typeOnly = node.importKind === 'type' || node.exportKind === 'type' || node.type === 'TSImportType';
      return source ? [{ specifier: literal(source), offset: node.start, typeOnly }] : [];
    }
    case 'CallExpression':
      return named(node.callee, 'require')
        ? [{ specifier: literal(first(node)), offset: node.start, typeOnly: false }]
        : [];
    // What a worker is started from.
    case 'NewExpression': {
      const path = named(node.callee, 'URL') && isNode((node.arguments as unknown[])[1]) ? literal(first(node)) : null;
      if (path === null || !/\.[cm]?[jt]s$/.test(path)) return [];
      return [{ specifier: path.startsWith('.') ? path : `./${path}`, offset: node.start, typeOnly: false }];
    }
    default:
      return [];
  }
}

/** The text of a string literal, or of a template without holes. */
export function literal(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TSLiteralType') return literal(node.literal);
  if (node.type === 'TemplateLiteral') {
    const quasis = node.quasis as { value: { cooked: string } }[];
    return quasis.length === 1 ? (quasis[0]?.value.cooked ?? null) : null;
  }
  return null;
}

export function named(node: unknown, name: string): boolean {
  return isNode(node) && node.type === 'Identifier' && node.name === name;
}

export function first(call: Node): unknown {
  return (call.arguments as unknown[])[0];
}
