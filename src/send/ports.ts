/** The forms that a month is kept in. */
export const monthFormats = ['html', 'csv', 'json', 'focus'] as const;
export type MonthFormat = (typeof monthFormats)[number];

/** What a month came to, for a message. Units: micro-units of `currency`; null where it is not known. */
export interface MonthSummary {
  readonly currency: string;
  readonly costMicroUnits: number;
  readonly billedMicroUnits: number | null;
  readonly savedMicroUnitsPerMonth: number;
  readonly topGroups: readonly { readonly name: string; readonly costMicroUnits: number }[];
}

/** UTC days, both included. */
export interface MonthDays {
  readonly from: string;
  readonly to: string;
}

/** A month in one form, made as it is read. */
export interface RenderedMonth {
  readonly contentType: string;
  readonly body: AsyncIterable<string | Uint8Array>;
}

/**
 * Makes the report of a month.
 *
 * Shape:  null for a form that the configuration does not allow (FOCUS without a billing account).
 * Errors: 'storage-unavailable', 'data-unreadable'.
 */
export interface MonthRenderer {
  render(days: MonthDays, format: MonthFormat): Promise<RenderedMonth | null>;
  summarize(days: MonthDays): Promise<MonthSummary>;
}
