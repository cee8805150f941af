// Bytes of a body as text.

/** The text without the byte order mark that some servers put before it, and that no parser of JSON takes. */
export function utf8TextOf(bytes: Buffer): string {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}
