// Text that came from elsewhere (names of models, of fields) as a value of a header or of gRPC metadata.

const unprintable = /[^\x20-\x7e]/;

/** The text as a header value may hold it: names with other characters are percent-encoded. */
export function headerSafe(text: string): string {
  return unprintable.test(text) ? encodeURIComponent(text.toWellFormed()) : text;
}
