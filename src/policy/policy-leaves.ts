import * as z from 'zod';
import { parseDuration, parseZone } from '../base/time.ts';
import { cronAllowed, readCron } from '../schedule/cron.ts';

/**
 * The smallest parts of the policy document. Each description says what is allowed there: the problems and the API's description both quote it.
 */

/** Source: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources, "Limitations". */
const TAG_NAME_LENGTH = 512;
const TAG_VALUE_LENGTH = 256;
const TAG_NAME = /^[^<>%&\\?/]+$/;

/** Longer than any name in Azure, with room for wildcards. */
const GLOB_LENGTH = 128;
/** Source: learn.microsoft.com/azure/virtual-machines/disks-types: at most 64 data disks, LUN 0 to 63. */
const LAST_LUN = 63;

/** A name of a policy or schedule. */
export const nameLeaf = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  .describe('1 to 64 letters, digits, "-", "_" and ".", the first a letter or digit');

export const zoneLeaf = checked(z.string(), (text) => (parseZone(text) ? null : 'is not a known time zone')).describe(
  'a name of the IANA time zone database, such as "Europe/Vienna" or "UTC"',
);

export const cronLeaf = checked(z.string(), (text) => {
  const read = readCron(text);
  return read.ok ? null : read.message;
}).describe(cronAllowed);

export const durationLeaf = checked(z.string(), (text) => (parseDuration(text) ? null : 'is not a duration')).describe(
  'an ISO 8601 duration above zero of whole years, months, days, hours, minutes and seconds ("P1Y6M", "P2D", "PT2H30M"), or of weeks alone ("P2W")',
);

export const countLeaf = z
  .union([z.int().min(1), z.literal('all')])
  .describe('a whole number of at least 1, or "all"; leave the rule out to have none');

export const tagNameLeaf = z
  .string()
  .min(1)
  .max(TAG_NAME_LENGTH)
  .regex(TAG_NAME)
  .describe(`a tag name of 1 to ${TAG_NAME_LENGTH} characters without < > % & \\ ? /`);

export const tagValueLeaf = z
  .string()
  .max(TAG_VALUE_LENGTH)
  .describe(`a tag value of at most ${TAG_VALUE_LENGTH} characters`);

export const globLeaf = z
  .string()
  .min(1)
  .max(GLOB_LENGTH)
  .describe(
    `a name, or a pattern with * and ? for names, of 1 to ${GLOB_LENGTH} characters; upper and lower case are alike`,
  );

export const lunLeaf = z.int().min(0).max(LAST_LUN).describe(`the LUN of a data disk, 0 to ${LAST_LUN}`);

/** A leaf with a check of our own: the check names what is wrong, or null. */
function checked(leaf: z.ZodString, check: (text: string) => string | null): z.ZodString {
  return leaf.superRefine((text, context) => {
    const message = check(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
}
