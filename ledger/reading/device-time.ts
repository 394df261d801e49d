// Device times in a batch. Most are the same ISO 8601 spelling of a clock that runs as the gateway's does: then only the
// difference is written. Whatever would not come back letter for letter is kept as text.

/** How a device time is written: absent, UTC with milliseconds, UTC with seconds, or as text. */
export const TIME_FORM = { absent: 0, milliseconds: 1, seconds: 2, text: 3 } as const;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;

export interface DeviceTime {
  readonly form: number;
  readonly ms: number;
}

/** The form of a device time, and its ms since 1970 in the two ISO forms. */
export function parseDeviceTime(text: string | null): DeviceTime {
  if (text === null) return { form: TIME_FORM.absent, ms: 0 };
  if (!ISO.test(text)) return { form: TIME_FORM.text, ms: 0 };
  const form = text.length === 24 ? TIME_FORM.milliseconds : TIME_FORM.seconds;
  const ms = Date.parse(text);
  // "2026-02-30" or a leap second would come back as another date.
  return formatDeviceTime(form, ms) === text ? { form, ms } : { form: TIME_FORM.text, ms: 0 };
}

/** The text of a time in one of the ISO forms; null when there is none of four-digit years. */
export function formatDeviceTime(form: number, ms: number): string | null {
  if (!(ms >= -62_167_219_200_000 && ms <= 253_402_300_799_999)) return null;
  const text = new Date(ms).toISOString();
  return form === TIME_FORM.milliseconds ? text : `${text.slice(0, 19)}Z`;
}
