// Tells the log when readings stop being kept (a full disk, a full spool) and when they are kept again: once each, not once a message.
import type { ReadingSink } from '@vitalseal/gateway';
import type { ErrorCode } from '@vitalseal/ledger';

/** The same sink; `log` hears codes only. */
export function outspoken(sink: ReadingSink, log: (event: string, facts: { code?: ErrorCode }) => void): ReadingSink {
  let failing: ErrorCode | null = null;
  return {
    deliver(delivery, settled) {
      sink.deliver(delivery, (error) => {
        const code = error?.code ?? null;
        if (code !== failing) {
          if (code === null) log('readings are kept again', {});
          else log('readings are not kept', { code });
          failing = code;
        }
        settled(error);
      });
    },
  };
}
