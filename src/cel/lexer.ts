import { Uint, type Value } from './value.ts';
import { syntaxError } from './source.ts';

export interface Token {
  readonly kind: 'identifier' | 'literal' | 'symbol' | 'end';
  /** The symbol, or the identifier. */
  readonly text: string;
  /** Of literals. */
  readonly value?: Value;
  /** Where it begins in the source. */
  readonly at: number;
}

const space = /(?:\s|\/\/[^\n]*)+/y;
const double = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y;
const integer = /(0x[0-9a-fA-F]+|\d+)([uU]?)/y;
const identifier = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const stringStart = /([rR]?)("""|'''|"|')/y;
const symbol = /&&|\|\||==|!=|<=|>=|[<>+\-*/%!?:.,()[\]{}]/y;

const words: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** Divides an expression into its tokens, an `end` last. @throws CelError */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  for (let at = skipSpace(source, 0); at < source.length;) {
    const { token, end } = tokenAt(source, at);
    found.push(token);
    at = skipSpace(source, end);
  }
  return [...found, { kind: 'end', text: '<EOF>', at: source.length }];
}

function skipSpace(source: string, at: number): number {
  return at + (match(space, source, at)?.[0].length ?? 0);
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}

interface Lexed {
  readonly token: Token;
  readonly end: number;
}

function tokenAt(source: string, at: number): Lexed {
  const literal = stringAt(source, at) ?? numberAt(source, at);
  if (literal) return literal;
  const name = match(identifier, source, at)?.[0];
  if (name !== undefined) return { token: wordToken(name, at), end: at + name.length };
  const text = match(symbol, source, at)?.[0];
  if (text === undefined) throw syntaxError(source, at, `token recognition error at: '${source[at]!}'`);
  return { token: { kind: 'symbol', text, at }, end: at + text.length };
}

function wordToken(text: string, at: number): Token {
  if (text === 'in') return { kind: 'symbol', text, at };
  const value = words.get(text);
  return value === undefined ? { kind: 'identifier', text, at } : { kind: 'literal', text, value, at };
}

function numberAt(source: string, at: number): Lexed | undefined {
  const real = match(double, source, at)?.[0];
  if (real !== undefined) return literalToken(source, at, real.length, Number(real));
  const whole = match(integer, source, at);
  if (!whole) return undefined;
  const value = BigInt(whole[1]!);
  return literalToken(source, at, whole[0].length, whole[2] ? new Uint(value) : value);
}

function literalToken(source: string, at: number, length: number, value: Value): Lexed {
  return { token: { kind: 'literal', text: source.slice(at, at + length), value, at }, end: at + length };
}

function stringAt(source: string, at: number): Lexed | undefined {
  const start = match(stringStart, source, at);
  if (!start) return undefined;
  const [opening, raw, quote] = start as unknown as [string, string, string];
  let text = '';
  for (let i = at + opening.length; i < source.length;) {
    if (source.startsWith(quote, i)) return literalToken(source, at, i + quote.length - at, text);
    if (source[i] === '\n' && quote.length === 1) break;
    const part = raw || source[i] !== '\\' ? { text: source[i]!, end: i + 1 } : escaped(source, i);
    text += part.text;
    i = part.end;
  }
  throw syntaxError(source, at, `token recognition error at: '${source.slice(at)}'`);
}

const escapes: ReadonlyMap<string, string> = new Map([
  ...[...'\\?"\'`'].map((char): [string, string] => [char, char]),
  ...Object.entries({ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }),
]);
const numbered = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;
const octal = /\\([0-3][0-7]{2})/y;

function escaped(source: string, at: number): { text: string; end: number } {
  const simple = escapes.get(source[at + 1] ?? '');
  if (simple !== undefined) return { text: simple, end: at + 2 };
  const [hex, eight] = [match(numbered, source, at), match(octal, source, at)];
  const code = hex ? parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16) : eight ? parseInt(eight[1]!, 8) : NaN;
  if (!(code <= 0x10ffff)) throw syntaxError(source, at, `token recognition error at: '${source.slice(at, at + 2)}'`);
  return { text: String.fromCodePoint(code), end: at + (hex ?? eight)![0].length };
}
