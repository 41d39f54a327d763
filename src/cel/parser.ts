import { macroCall } from './macros.ts';
import { tokens, type Token } from './lexer.ts';
import { errorAt, syntaxError } from './source.ts';
import type { Expression } from './expression.ts';

/** How deep expressions may be nested. */
const DEEPEST = 250;

/** Operators with two sides, the weakest first; each level binds from left to right. */
const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['<', '<=', '>=', '>', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** @throws CelError that says where the expression is wrong */
export function parse(source: string): Expression {
  return new Parser(source).whole();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokens(source);
  }

  whole(): Expression {
    const found = this.#expression();
    if (this.#peek().kind !== 'end') throw this.#unexpected();
    return found;
  }

  /** `condition ? yes : no`, or anything that binds stronger. */
  #expression(): Expression {
    if (++this.#depth > DEEPEST) {
      throw errorAt(this.#source, this.#peek().at, `expression recursion limit exceeded: ${DEEPEST}`);
    }
    const condition = this.#operators(0);
    const { at } = this.#peek();
    let found = condition;
    if (this.#take('?')) {
      const yes = this.#operators(0);
      this.#expect(':');
      found = { is: 'call', name: '?:', args: [condition, yes, this.#expression()], method: false, at };
    }
    this.#depth--;
    return found;
  }

  #operators(level: number): Expression {
    const symbols = levels[level];
    if (!symbols) return this.#unary();
    let left = this.#operators(level + 1);
    for (;;) {
      const { kind, text: name, at } = this.#peek();
      if (kind !== 'symbol' || !symbols.includes(name)) return left;
      this.#next++;
      left = { is: 'call', name, args: [left, this.#operators(level + 1)], method: false, at };
    }
  }

  #unary(): Expression {
    const signs: Token[] = [];
    while (this.#isSymbol('!') || this.#isSymbol('-')) signs.push(this.#tokens[this.#next++]!);
    let operand = this.#member();
    for (const { text, at } of signs.reverse()) operand = negated(text, operand, at);
    return operand;
  }

  #member(): Expression {
    let found = this.#primary();
    for (;;) {
      const { at } = this.#peek();
      if (this.#take('[')) {
        const args = [found, this.#expression()];
        this.#expect(']');
        found = { is: 'call', name: '[]', args, method: false, at };
      } else if (this.#take('.')) found = this.#selection(found);
      else return found;
    }
  }

  #selection(operand: Expression): Expression {
    const { text, at } = this.#identifier();
    if (!this.#take('(')) return { is: 'field', operand, field: text, test: false, at };
    const args = this.#list(')');
    return (
      macroCall(this.#source, text, operand, args, at) ?? {
        ...{ is: 'call', name: text, args: [operand, ...args], method: true, at },
      }
    );
  }

  #primary(): Expression {
    const token = this.#tokens[this.#next++]!;
    const { at, kind, text } = token;
    if (kind === 'literal') return { is: 'literal', value: token.value!, at };
    if (kind === 'identifier') return this.#nameOrCall(text, at);
    if (text === '(') {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    if (text === '[') return { is: 'list', items: this.#list(']'), at };
    if (text === '{') return { is: 'map', entries: this.#entries(), at };
    this.#next--;
    throw this.#unexpected();
  }

  #nameOrCall(name: string, at: number): Expression {
    if (!this.#take('(')) return { is: 'name', name, at };
    const args = this.#list(')');
    return macroCall(this.#source, name, undefined, args, at) ?? { is: 'call', name, args, method: false, at };
  }

  /** Expressions between commas; one comma may be too many. */
  #list(end: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#take(end)) {
      items.push(this.#expression());
      if (this.#take(end)) break;
      this.#expect(',');
    }
    return items;
  }

  #entries(): [Expression, Expression][] {
    const entries: [Expression, Expression][] = [];
    while (!this.#take('}')) {
      const key = this.#expression();
      this.#expect(':');
      entries.push([key, this.#expression()]);
      if (this.#take('}')) break;
      this.#expect(',');
    }
    return entries;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #isSymbol(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'symbol' && token.text === text;
  }

  #take(text: string): boolean {
    const found = this.#isSymbol(text);
    if (found) this.#next++;
    return found;
  }

  #expect(text: string): void {
    if (this.#take(text)) return;
    const { text: found, at } = this.#peek();
    throw syntaxError(this.#source, at, `mismatched input '${found}' expecting '${text}'`);
  }

  #identifier(): Token {
    const token = this.#tokens[this.#next++]!;
    if (token.kind === 'identifier') return token;
    this.#next--;
    throw this.#unexpected();
  }

  #unexpected(): Error {
    const { text, at } = this.#peek();
    return syntaxError(this.#source, at, `mismatched input '${text}'`);
  }
}

/** Numbers take the sign themselves: only so the smallest one can be written. */
function negated(sign: string, operand: Expression, at: number): Expression {
  if (sign === '-' && operand.is === 'literal' && isNumber(operand.value))
    return { is: 'literal', value: -operand.value, at };
  return { is: 'call', name: sign === '!' ? '!_' : '-_', args: [operand], method: false, at };
}

function isNumber(value: unknown): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}
