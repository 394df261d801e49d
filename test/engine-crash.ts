// Which test files were running when V8 ended their process by a check of its own.

/** V8 ends with a trap (SIGTRAP); native code with SIGSEGV, Node itself with SIGABRT, the kernel out of memory with SIGKILL. */
const TRAPPED = /exited unexpectedly with signal SIGTRAP .*while running test file (\S+)$/;

/** Paths, at most one an error; none for an error of another kind. */
export function crashedFiles(errors: readonly unknown[]): readonly string[] {
  return errors.flatMap((error) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const path = cause instanceof Error ? TRAPPED.exec(cause.message)?.[1] : undefined;
    return path === undefined ? [] : [path];
  });
}
