/** What a request is for. */
export interface Target {
  /** In lower case, without port; empty when the request names none. */
  readonly host: string;
  /** As the request has it: what the backend is asked for. */
  readonly path: string;
  /** The path as routes see it: no `.`, `..` or empty elements. */
  readonly normal: string;
  /** With its `?`, or empty. */
  readonly query: string;
}

const HOST = /^(?:\[([\da-f:.]+)\]|([a-z\d_.-]*))(?::\d{0,5})?$/i;
/** Whether a path has elements that mean others; most have not. */
const SPECIAL = /\/(?:\/|\.|%2e)/i;

/**
 * Reads the target and the host of a request.
 * @returns undefined when they are not those of a request to a server, or lead out of its root
 */
export function targetOf(url: string, authority: string | undefined): Target | undefined {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  const rest = absolute ? absolute[2]! : url;
  const origin = rest.startsWith('/') ? rest : absolute ? `/${rest}` : undefined;
  const host = HOST.exec((absolute ? absolute[1] : authority) ?? '');
  if (origin === undefined || !host) return undefined;
  const question = origin.indexOf('?');
  const path = question < 0 ? origin : origin.slice(0, question);
  const normal = SPECIAL.test(path) ? normalized(path) : path;
  if (normal === undefined) return undefined;
  const name = (host[1] ?? host[2] ?? '').toLowerCase();
  const query = question < 0 ? '' : origin.slice(question);
  return { host: name.endsWith('.') ? name.slice(0, -1) : name, path, normal, query };
}

/** The path without `.`, `..` and empty elements, as backends read it; undefined when it leads out of the root. */
function normalized(path: string): string | undefined {
  const out: string[] = [];
  const elements = path.split('/');
  for (const [i, element] of elements.entries()) {
    const plain = element.replace(/%2e/gi, '.');
    const last = i === elements.length - 1;
    if (plain === '..') {
      if (out.length === 0) return undefined;
      out.pop();
    } else if (plain !== '.' && plain !== '') out.push(element);
    if (last && (plain === '..' || plain === '.' || plain === '')) out.push('');
  }
  return `/${out.join('/')}`;
}
