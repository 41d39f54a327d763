import { Transform, type TransformCallback } from 'node:stream';

/** The attributes of HTML elements that hold URLs. */
const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};
/** Elements whose content is text, whatever it looks like. */
const textElements = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes']);
/** A tag that is longer than this is passed on as it is. */
const longestTag = 64 * 1024;

/** A stream of HTML whose links are rewritten. It works on bytes, so any encoding that extends ASCII is safe. */
export function htmlLinks(rewrite: (link: string) => string): Transform {
  const scanner = new HtmlScanner(rewrite);
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      done(null, Buffer.from(scanner.take(chunk.toString('latin1')), 'latin1'));
    },
    flush(done: TransformCallback) {
      done(null, Buffer.from(scanner.end(), 'latin1'));
    },
  });
}

/** Finds tags in HTML that comes piece by piece. */
class HtmlScanner {
  readonly #rewrite: (link: string) => string;
  #pending = '';
  /** What ends the text that we are in; undefined outside of any. */
  #until: string | undefined;
  /** What is being looked at in lower case, once it has been needed. */
  #lower: string | undefined;

  constructor(rewrite: (link: string) => string) {
    this.#rewrite = rewrite;
  }

  take(text: string): string {
    const all = this.#pending + text;
    this.#lower = undefined;
    let out = '';
    let at = 0;
    for (;;) {
      const step = this.#until === undefined ? this.#markup(all, at) : this.#text(all, at, this.#until);
      out += step.text;
      at = step.next;
      if (step.wait) break;
    }
    this.#pending = all.slice(at);
    return out;
  }

  end(): string {
    const rest = this.#pending;
    this.#pending = '';
    return rest;
  }

  /** Up to the end of a comment or of an element of text. */
  #text(all: string, at: number, until: string): Step {
    this.#lower ??= all.toLowerCase();
    const end = this.#lower.indexOf(until, at);
    if (end >= 0) {
      this.#until = undefined;
      return { text: all.slice(at, end + until.length), next: end + until.length };
    }
    const safe = Math.max(at, all.length - until.length + 1);
    return { text: all.slice(at, safe), next: safe, wait: true };
  }

  /** The text up to the next tag, and that tag. */
  #markup(all: string, at: number): Step {
    const open = all.indexOf('<', at);
    if (open < 0) return { text: all.slice(at), next: all.length, wait: true };
    const before = all.slice(at, open);
    if (all.length - open < 4) return { text: before, next: open, wait: true };
    if (all.startsWith('<!--', open)) {
      this.#until = '-->';
      return { text: `${before}<!--`, next: open + 4 };
    }
    if (!/[a-zA-Z]/.test(all[open + 1]!)) return { text: `${before}<`, next: open + 1 };
    const close = endOfTag(all, open + 1);
    if (close < 0) {
      if (all.length - open <= longestTag) return { text: before, next: open, wait: true };
      return { text: all.slice(at), next: all.length, wait: true };
    }
    return { text: before + this.#tag(all.slice(open, close)), next: close };
  }

  #tag(tag: string): string {
    const name = /^[^\s/>]+/.exec(tag.slice(1))![0].toLowerCase();
    if (textElements.has(name) && !tag.endsWith('/>')) this.#until = `</${name}`;
    const links = Object.hasOwn(linkAttributes, name) ? linkAttributes[name]! : [];
    return links.length > 0 ? rewriteAttributes(tag, name.length + 1, links, this.#rewrite) : tag;
  }
}

interface Step {
  /** What is finished. */
  readonly text: string;
  /** Where to go on. */
  readonly next: number;
  /** True when more has to come first. */
  readonly wait?: boolean;
}

/** Behind the `>` that ends a tag, those in quotes left out; -1 when it has not come yet. */
function endOfTag(all: string, from: number): number {
  let quote = '';
  for (let i = from; i < all.length; i++) {
    const c = all[i]!;
    if (quote) {
      if (c === quote) quote = '';
    } else if (c === '>') return i + 1;
    // A quote opens a value only behind its equals sign.
    else if ((c === '"' || c === "'") && /=\s*$/.test(all.slice(Math.max(from, i - 8), i))) quote = c;
  }
  return -1;
}

/** Name, and the value with its quotes. */
const attribute = /([^\s=>/"']+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)|[^\s=>/"']+|[^]/y;

function rewriteAttributes(
  tag: string,
  from: number,
  links: readonly string[],
  rewrite: (link: string) => string,
): string {
  let out = tag.slice(0, from);
  attribute.lastIndex = from;
  while (attribute.lastIndex < tag.length) {
    const [whole, name, equals, value] = attribute.exec(tag)!;
    out += name && links.includes(name.toLowerCase()) ? name + equals! + rewriteValue(value!, rewrite) : whole;
  }
  return out;
}

function rewriteValue(value: string, rewrite: (link: string) => string): string {
  const quote = value[0] === '"' || value[0] === "'" ? value[0] : '';
  const inner = quote ? value.slice(1, -1) : value;
  const leading = /^\s*/.exec(inner)![0];
  return quote + leading + rewrite(inner.slice(leading.length)) + quote;
}
