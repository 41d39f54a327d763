/**
 * Replaces `$(NAME)` by the value of the variable; `$$` is one dollar sign, and a name that is not known stays as it is
 * written.
 */
export function expand(text: string, variables: Pick<ReadonlyMap<string, string>, 'get'>): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '$' || i + 1 === text.length) {
      out += text[i];
    } else if (text[i + 1] === '$') {
      out += '$';
      i++;
    } else if (text[i + 1] === '(') {
      const end = text.indexOf(')', i + 2);
      if (end < 0) return out + text.slice(i);
      const name = text.slice(i + 2, end);
      out += variables.get(name) ?? `$(${name})`;
      i = end;
    } else {
      out += '$';
    }
  }
  return out;
}

/** The names that a text asks for and that are not known. */
export function unknownNames(text: string, variables: ReadonlyMap<string, string>): string[] {
  const missing: string[] = [];
  const asked = { get: (name: string) => variables.get(name) ?? (missing.push(name), undefined) };
  expand(text, asked);
  return missing;
}
