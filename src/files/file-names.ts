/**
 * A name as it lies on a disk, fit to be shown and to be part of a path.
 *
 * Shape:  what is no UTF-8, a slash or a control character inside becomes `\xHH` of its bytes; null for `.`, `..` and nothing.
 * Safety: no name that a disk holds leads out of the directory it stands in.
 */
export function readName(bytes: Uint8Array): string | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  // What was no UTF-8 comes back as something else.
  const name = Buffer.from(text, 'utf8').equals(buffer)
    ? escapeName(text)
    : escapeName(buffer.toString('latin1'), 0x80);
  return name === '' || name === '.' || name === '..' ? null : name;
}

/** Escapes what must not stand in a name: control characters, slashes, and all from a code on. */
export function escapeName(text: string, from = Number.POSITIVE_INFINITY): string {
  let escaped = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const plain =
      code >= 0x20 &&
      code !== 0x2f &&
      (code < 0x7f || code > 0x9f) &&
      code < from &&
      !(code >= 0xd800 && code <= 0xdfff);
    escaped += plain
      ? character
      : [...Buffer.from(character, from === Number.POSITIVE_INFINITY ? 'utf8' : 'latin1')]
          .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
          .join('');
  }
  return escaped;
}

/** Names in the order in which they are listed: by their code units, the same everywhere. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
