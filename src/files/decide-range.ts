/** The bytes of a file to send: all of it, a part, or nothing that is there. */
export type RangeAnswer =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly offset: number; readonly length: number }
  | { readonly kind: 'outside' };

/**
 * Reads a Range header.
 *
 * Shape:  one range of bytes; what is of another unit, malformed, or several ranges at once is answered with the whole, as the standard allows.
 *         `ifRange` is the tag that the asker's earlier part had: with another one the whole file is sent.
 * Source: RFC 9110, 14.2 and 13.1.5.
 */
export function decideRange(
  range: string | null,
  ifRange: string | null,
  etag: string,
  sizeBytes: number,
): RangeAnswer {
  const parts = /^\s*bytes\s*=\s*(\d{0,16})\s*-\s*(\d{0,16})\s*$/i.exec(range ?? '');
  if (!parts || (ifRange !== null && ifRange !== `"${etag}"`)) return { kind: 'whole' };
  const [, first = '', last = ''] = parts;
  if (first === '' && last === '') return { kind: 'whole' };
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? { kind: 'outside' } : { kind: 'part', offset: sizeBytes - length, length };
  }
  const offset = Number(first);
  if (last !== '' && Number(last) < offset) return { kind: 'whole' };
  if (offset >= sizeBytes) return { kind: 'outside' };
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return { kind: 'part', offset, length: end - offset };
}

/** Control and formatting characters, and what systems take for more than a part of a name. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|;%]/gu;

/**
 * The header that makes a browser save a file under its name.
 *
 * Shape:  a plain name for old clients, the whole one beside it.
 * Safety: a name from a disk: without anything that a header, a shell or a file dialogue takes for more than a name.
 * Source: RFC 6266, RFC 8187.
 */
export function attachmentHeader(name: string): string {
  const safe = name.replace(UNSAFE, '_').replace(/^\.+/, '_');
  const whole = (safe === '' ? 'file' : safe).toWellFormed().slice(0, 200).toWellFormed();
  const plain = whole.replace(/[^\x20-\x7e]/g, '_');
  const encoded = encodeURIComponent(whole).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
