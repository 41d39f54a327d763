/** Characters of all warnings of an answer together, and of each when they are more. */
const limit = 4096;
const shortened = 256;

/**
 * The values of `Warning` headers: each text once, in RFC 7234's form with an unknown agent, as clients parse it. When
 * they are long, each is shortened and the last are left out, so that the header stays one that clients take.
 */
export function warningHeaders(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)].map((text) => [...printable(text)]);
  const all = distinct.reduce((sum, text) => sum + text.length, 0);
  if (all <= limit) return distinct.map((text) => header(text));
  const headers: string[] = [];
  let written = 0;
  for (const text of distinct) {
    if (written + Math.min(text.length, shortened) > limit) break;
    written += Math.min(text.length, shortened);
    headers.push(header(text.slice(0, shortened)));
  }
  return headers;
}

/** Control characters would break the header; newlines separate, so they become blanks. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/\s+/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
}

/** Header fields are bytes: what is not ASCII goes as UTF-8, each byte as one character. */
function header(characters: readonly string[]): string {
  const quoted = characters.join('').replace(/[\\"]/g, '\\$&');
  return Buffer.from(`299 - "${quoted}"`).toString('latin1');
}
