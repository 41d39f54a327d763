/** The places in which `is` is not what it should be, one sentence each; empty when there are none. */
export function differences(should: unknown, is: unknown, path = ''): string[] {
  if (Object.is(should, is)) return [];
  if (!isObject(should) || !isObject(is)) return [`  ${path}: ${shown(is)} instead of ${shown(should)}`];
  if (Array.isArray(should) && Array.isArray(is) && should.length !== is.length)
    return lost(should, is, path, 'missing').concat(lost(is, should, path, 'too much'));
  const names = new Set([...Object.keys(should), ...Object.keys(is)]);
  return [...names].flatMap((name) => differences(should[name], is[name], path ? `${path}.${name}` : name));
}

function lost(from: unknown[], to: unknown[], path: string, what: string): string[] {
  const left = to.map((item) => JSON.stringify(item));
  return from.flatMap((item) => {
    const found = left.indexOf(JSON.stringify(item));
    if (found < 0) return [`  ${path}: ${shown(item)} is ${what}`];
    left.splice(found, 1);
    return [];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  const metadata = isObject(value) && isObject(value.metadata) ? value.metadata : {};
  if (typeof metadata.name === 'string') return `"${metadata.name}"`;
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}...` : text;
}
