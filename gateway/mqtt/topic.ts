// Who may publish where. Default-deny: a device has three topics, one per payload format, and may subscribe to none.
import type { ErrorCode } from '@vitalseal/ledger';
import { PAYLOAD_FORMATS, type PayloadFormat } from '../decoding/decode.ts';
import type { BrokerLimits } from './limits.ts';

const PREFIX = 'vitalseal';

/** The topic of a device for a payload format: `vitalseal/DEVICE/json`. */
export function topicOf(device: string, format: PayloadFormat): string {
  return `${PREFIX}/${device}/${format}`;
}

/** The format that `topic` names for `device`, or why it may not be published to. */
export function formatOfTopic(
  topic: string,
  device: string,
  limits: BrokerLimits,
): { readonly format: PayloadFormat } | { readonly refused: ErrorCode } {
  for (const format of PAYLOAD_FORMATS) if (topic === topicOf(device, format)) return { format };
  return {
    refused: topic.split('/', limits.topicLevels + 1).length > limits.topicLevels ? 'topic_too_deep' : 'topic_denied',
  };
}
