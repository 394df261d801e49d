// What `npm ci` needs to work everywhere: exact versions, and a lock file that names no host and leaves nothing out. (A
// registry that lacks a package for another platform makes npm write a lock file that no registry can install from.)
import type { SourceFile, Tree, Violation } from './tree.ts';

const LOCK = 'package-lock.json';
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  resolved?: string;
}

/** Everything in `tree` that would make an installation differ, or fail, on another machine. */
export function checkInstall(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  for (const [path, file] of tree) {
    if (/(^|\/)package\.json$/.test(path)) violations.push(...checkManifest(file));
  }
  const lock = tree.get(LOCK);
  return lock ? [...violations, ...checkLock(lock)] : violations;
}

function checkManifest({ path, text }: SourceFile): Violation[] {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text) as Manifest;
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => ({ rule: 'pinned', path, line: 1, message: `${name} ${version} is no exact version` }));
}

function checkLock({ text }: SourceFile): Violation[] {
  const { packages } = JSON.parse(text) as { packages: Record<string, Manifest> };
  const violations: Violation[] = [];
  const report = (rule: string, message: string) => violations.push({ rule, path: LOCK, line: 1, message });
  for (const [place, { resolved, dependencies, optionalDependencies }] of Object.entries(packages)) {
    if (resolved && /^\w+:/.test(resolved)) report('locked-host', `${place} is bound to one registry`);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (!isLocked(packages, place, name)) report('locked-incomplete', `${name}, which ${place} names, has no entry`);
    }
  }
  return violations;
}

/** Looks where Node would look: in the package's own node_modules, then upwards. */
function isLocked(packages: Record<string, Manifest>, place: string, name: string): boolean {
  for (let at = place; ; at = at.replace(/(^|\/)(node_modules\/)?(@[^/]+\/)?[^/]+$/, '')) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}
