/** Structured facts of a log line: never a SAS, a token or a key. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Where the product says what it did: static text, facts as fields. */
export interface Log {
  info(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  error(message: string, facts?: LogFacts): void;
}
