// The repository as the gates see it: path → text. A map, so that a test can plant a violation without touching a disk.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export interface SourceFile {
  path: string;
  text: string;
}

/** What a rule found wrong, and where. */
export interface Violation {
  rule: string;
  path: string;
  line: number;
  message: string;
}

/** Files by path, with forward slashes, relative to the root. */
export type Tree = ReadonlyMap<string, SourceFile>;

export function treeOf(files: Readonly<Record<string, string>>): Tree {
  return new Map(Object.entries(files).map(([path, text]) => [path, { path, text }]));
}

/** Everything that is or would be tracked under `root`; without git, everything but installed packages. */
export function readTree(root: string): Tree {
  const files: Record<string, string> = {};
  for (const path of trackedPaths(root)) {
    const bytes = readFileSync(join(root, path));
    if (!bytes.subarray(0, 8192).includes(0)) files[path] = bytes.toString('utf8');
  }
  return treeOf(files);
}

function trackedPaths(root: string): string[] {
  try {
    const args = ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate', '.'];
    const listed = execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    // A file deleted but not yet committed is listed still.
    return listed
      .split('\0')
      .filter((path) => path !== '' && statSync(join(root, path), { throwIfNoEntry: false })?.isFile());
  } catch {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((path) => !/(^|\/)(node_modules|\.git|\.types)\//.test(path));
  }
}

export const isCode = (path: string): boolean => /\.(ts|js|mjs|cjs)$/.test(path) && !path.endsWith('.d.ts');
export const isTest = (path: string): boolean => path.startsWith('test/') || /\.test(ing)?\.ts$/.test(path);

/** 1-based line of a character offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}
