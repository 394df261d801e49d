// `npm run check:house`: the repository checks its own rules. Prints each violation as path:line and ends with 1 if any.
import { fileURLToPath } from 'node:url';
import { checkDependencies } from './dependencies.ts';
import { checkInstall } from './install.ts';
import { checkHouse } from './rules.ts';
import { readTree, type Violation } from './tree.ts';

export function checkAll(root: string): Violation[] {
  const tree = readTree(root);
  return [...checkDependencies(tree), ...checkHouse(tree), ...checkInstall(tree)];
}

if (import.meta.main) {
  const root = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url));
  const violations = checkAll(root);
  for (const { rule, path, line, message } of violations) console.log(`${path}:${line} ${rule}: ${message}`);
  console.log(violations.length === 0 ? 'house rules: kept' : `house rules: broken ${violations.length} times`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
