import { z } from 'zod';

/** IANA name of a time zone. */
export const timezoneField = z.string().refine((name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}, 'must be a time zone of the IANA database, as in "Europe/Berlin"');
