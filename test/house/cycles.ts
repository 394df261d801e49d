// Import cycles, by Tarjan's strongly connected components: linear, and each tangle is reported once.

/**
 * @param graph node → the nodes it points to
 * @returns one cycle of each component that has one, as its nodes in order, the first repeated at the end
 */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const cycles: string[][] = [];

  const visit = (node: string) => {
    const mine = order.size;
    order.set(node, mine);
    low.set(node, mine);
    stack.push(node);
    open.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node) ?? mine, low.get(next) ?? mine));
      } else if (open.has(next)) {
        low.set(node, Math.min(low.get(node) ?? mine, order.get(next) ?? mine));
      }
    }
    if (low.get(node) !== mine) return;
    const component = stack.splice(stack.indexOf(node));
    for (const member of component) open.delete(member);
    const cycle = shortestThrough(component.sort()[0] ?? node, new Set(component), graph);
    if (cycle) cycles.push(cycle);
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return cycles;
}

/** Breadth first from `start` back to it, inside `members`. */
function shortestThrough(
  start: string,
  members: ReadonlySet<string>,
  graph: ReadonlyMap<string, readonly string[]>,
): string[] | null {
  const queue: string[][] = [[start]];
  const seen = new Set<string>();
  for (let path = queue.shift(); path; path = queue.shift()) {
    for (const next of graph.get(path.at(-1) ?? '') ?? []) {
      if (next === start) return [...path, start];
      if (!members.has(next) || seen.has(next)) continue;
      seen.add(next);
      queue.push([...path, next]);
    }
  }
  return null;
}
