import { z } from 'zod';

/** IANA name of a time zone. */
export const timezoneField = z.string().refine((name) => {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // The runtime takes names in any case, and offsets; Temporal takes them as the database writes them.
    return /^[A-Z]/.test(name) && (timeZone === name || timeZone.toLowerCase() !== name.toLowerCase());
  } catch {
    return false;
  }
}, 'must be a time zone of the IANA database, as in "Europe/Berlin"');
